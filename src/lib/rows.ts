type Source<T> = Iterable<T> | AsyncIterable<T>;

const isSync = <T>(source: Source<T>): source is Iterable<T> => Symbol.iterator in source;

/** Rows that are made one by one while they are read, once: a large page is never in memory as a whole. */
export class Rows<T> {
  /** Iterable without waiting where all is there already. */
  readonly source: Source<T>;
  constructor(source: Source<T>) {
    this.source = source;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    yield* this.source;
  }

  /** Returns the rows that a function makes of these. */
  map<U>(make: (row: T) => U): Rows<U> {
    return new Rows(isSync(this.source) ? mapped(this.source, make) : mappedLater(this.source, make));
  }

  /** Returns all rows. */
  async toArray(): Promise<T[]> {
    const rows: T[] = [];
    for await (const row of this.source) rows.push(row);
    return rows;
  }
}

function* mapped<T, U>(source: Iterable<T>, make: (row: T) => U): Generator<U, void, undefined> {
  for (const row of source) yield make(row);
}

async function* mappedLater<T, U>(source: AsyncIterable<T>, make: (row: T) => U): AsyncGenerator<U, void, undefined> {
  for await (const row of source) yield make(row);
}
