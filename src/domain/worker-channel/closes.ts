/** Why the server ends a worker channel, with the code of the close; workers read the reason (work_pools.md). */
export const channelCloses = {
  authentication_failed: 1008,
  authorization_failed: 1008,
  unsupported_version: 1008,
  protocol_error: 1002,
  heartbeat_persistence_failed: 1011,
  transient_server_error: 1011,
} as const;

export type ChannelCloseReason = keyof typeof channelCloses;

/** How a channel ends. */
export interface ChannelEnd {
  readonly code: number;
  readonly reason: ChannelCloseReason;
}

export const channelEnd = (reason: ChannelCloseReason): ChannelEnd => ({ code: channelCloses[reason], reason });
