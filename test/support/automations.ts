/** A trigger that one event fires. */
export const onEvent = (more: object = {}): object => ({
  type: "event",
  posture: "Reactive",
  expect: ["thing.happened"],
  threshold: 1,
  within: 0,
  ...more,
});

/** The body that creates an automation which does nothing. */
export const automationBody = (more: object = {}): object => ({
  name: "watch",
  trigger: onEvent(),
  actions: [{ type: "do-nothing" }],
  ...more,
});
