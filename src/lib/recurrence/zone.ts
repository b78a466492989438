import type { Micros } from "../time.ts";

/** A wall clock time as if it were UTC, in microseconds. */
export type WallMicros = number;

/** The interpretation of a wall clock time that is skipped or repeated. */
export type Resolution = "back/first" | "on/first" | "on/second";

const hour = 3_600_000_000;
const day = 24 * hour;
// Offsets are cached in chunks; no zone changes its clock twice within a step (the shortest distance is a week, in 2000 and from
// 2040 on).
const chunk = 256 * day;
const step = 4 * day;
// A clock change skips or repeats at most a day.
const lookBack = 2 * day;
// No zone changed its clock before 1835.
const firstChange = -5_364_662_400_000_000;
// Seven hundred years: only absurd schedules need more, and more would exhaust the memory.
const maximumChunks = 1_000;

interface Segment {
  readonly from: Micros;
  readonly to: Micros;
  readonly offset: Micros;
}

/** A time zone: conversions between instants and wall clock times. */
export class Zone {
  readonly #offsets: Intl.DateTimeFormat | null;
  readonly #chunks = new Map<number, readonly Segment[]>();
  #recent: Segment;

  constructor(name: string) {
    this.#offsets = name === "UTC" ? null : new Intl.DateTimeFormat("en-US", { timeZone: name, timeZoneName: "longOffset" });
    this.#recent = this.#offsets === null ? { from: -Infinity, to: Infinity, offset: 0 } : { from: 0, to: 0, offset: 0 };
  }

  /** Returns the wall clock time at an instant. */
  wall(instant: Micros): WallMicros {
    return instant + this.offset(instant);
  }

  /** Returns the offset from UTC at an instant. */
  offset(instant: Micros): Micros {
    const recent = this.#recent;
    if (instant >= recent.from && instant < recent.to) return recent.offset;
    const index = Math.floor(instant / chunk);
    const segments = this.#chunks.get(index) ?? this.#load(index);
    for (const segment of segments) {
      if (instant < segment.to) {
        this.#recent = segment;
        return segment.offset;
      }
    }
    return 0;
  }

  /** Returns the instant of a wall clock time. */
  instant(wall: WallMicros, resolution: Resolution): Micros {
    const { from, to, offset } = this.#recent;
    if (wall - offset - day >= from && wall - offset + day < to) return wall - offset;
    const before = this.offset(wall - day);
    const after = this.offset(wall + day);
    if (before === after) return wall - before;
    const first = wall - before;
    const second = wall - after;
    const firstExists = this.offset(first) === before;
    const secondExists = this.offset(second) === after;
    if (firstExists !== secondExists) return firstExists ? first : second;
    // A skipped time has neither: with the new offset it is before the gap, with the old one after it.
    return (firstExists ? resolution !== "on/second" : resolution !== "back/first") ? first : second;
  }

  /** Returns the last clock change at or before an instant, at most a few days back; null for none. */
  changeBefore(instant: Micros): Micros | null {
    const low = instant - lookBack;
    return this.offset(low) === this.offset(instant) ? null : this.#findChange(low, instant);
  }

  /** Returns a later instant (exclusive) up to which the offset is constant; Infinity where it never changes. */
  sameUntil(instant: Micros): Micros {
    if (instant < firstChange) return firstChange;
    this.offset(instant);
    return this.#recent.to;
  }

  #load(index: number): readonly Segment[] {
    const end = (index + 1) * chunk;
    const segments: Segment[] = [];
    let from = index * chunk;
    let offset = this.#look(from);
    for (let low = from; low < end; low += step) {
      const high = low + step;
      const next = this.#look(high);
      if (next === offset) continue;
      const change = this.#findChange(low, high);
      segments.push({ from, to: change, offset });
      [from, offset] = [change, next];
    }
    segments.push({ from, to: end, offset });
    if (this.#chunks.size >= maximumChunks) this.#chunks.clear();
    this.#chunks.set(index, segments);
    return segments;
  }

  // Clocks change at whole seconds.
  #findChange(low: Micros, high: Micros): Micros {
    const offset = this.#look(low);
    let [before, after] = [low / 1_000_000, high / 1_000_000];
    while (after - before > 1) {
      const middle = Math.floor((before + after) / 2);
      if (this.#look(middle * 1_000_000) === offset) before = middle;
      else after = middle;
    }
    return after * 1_000_000;
  }

  #look(instant: Micros): Micros {
    const text = this.#offsets?.format(instant / 1000) ?? "";
    const found = /GMT([+-])(\d\d):(\d\d)(?::(\d\d))?$/.exec(text);
    if (found === null) return 0;
    const [, sign, hours, minutes, seconds = "0"] = found;
    const size = (Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds)) * 1_000_000;
    return sign === "-" ? -size : size;
  }
}

const zones = new Map<string, Zone>();

/** Returns the zone of an IANA name; none and the empty name are UTC. */
export function zoneNamed(name: string | null): Zone {
  const key = name === null || name === "" ? "UTC" : name;
  const known = zones.get(key);
  if (known !== undefined) return known;
  const zone = new Zone(key);
  zones.set(key, zone);
  return zone;
}
