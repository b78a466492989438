type Source<T> = Iterable<T> | AsyncIterable<T>;

const isSync = <T>(source: Source<T>): source is Iterable<T> => Symbol.iterator in source;

/** Rows that are computed one by one while they are read, once: a large page is never completely in memory. */
export class Rows<T> {
  /** A synchronous iterable where all rows are available. */
  readonly source: Source<T>;
  constructor(source: Source<T>) {
    this.source = source;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    yield* this.source;
  }

  /** Returns rows mapped by a function. */
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
