import type * as z from "zod";
import type { Deps } from "../deps.ts";
import type { Scope } from "../domain/principal.ts";
import type { Rows } from "../lib/rows.ts";

export type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
type Shape = z.ZodType | undefined;
type Out<T extends Shape> = T extends z.ZodType ? z.output<T> : undefined;

/** What a handler is given: valid input and the request's dependencies. */
export interface Call<P extends Shape, Q extends Shape, B extends Shape> {
  readonly params: Out<P>;
  readonly query: Out<Q>;
  readonly body: Out<B>;
  readonly deps: Deps;
  readonly request: Request;
}

/** An answer with a status or headers of its own; a plain value is answered with the operation's status. */
export class Reply<T = unknown> {
  readonly status: number;
  readonly value: T;
  readonly headers: Record<string, string>;
  constructor(status: number, value: T, headers: Record<string, string> = {}) {
    this.status = status;
    this.value = value;
    this.headers = headers;
  }
}

/** Returns 201 for a new object, 200 for one that was there. */
export const createdOrFound = <T>(created: boolean, value: T): Reply<T> => new Reply(created ? 201 : 200, value);

/** Everything about one operation of the API: its place, its shapes, what it does. */
export interface OperationDefinition<P extends Shape, Q extends Shape, B extends Shape, R extends Shape> {
  readonly method: Method;
  /** `/flows/{id}`; a parameter whose schema is `pathUuid` makes other texts no route. */
  readonly path: string;
  readonly tag: string;
  readonly summary: string;
  readonly params?: P;
  readonly query?: Q;
  /** Read from JSON. `bodyRequired: false`: a missing body or `null` is read as `{}`. */
  readonly body?: B;
  readonly bodyRequired?: boolean;
  /** The body may hold secrets: no error repeats anything of it. */
  readonly secretBody?: boolean;
  /** The answer's shape; none: 204 without a body, or a Response of its own. */
  readonly response?: R;
  readonly status?: number;
  /** Its other status of success: an object that was there, a state that was made. */
  readonly otherStatus?: number;
  /** The statuses of errors that it gives beside those that all operations of its kind do (openapi-responses). */
  readonly errors?: readonly number[];
  /** The media type of a text that is answered as a Response of its own. */
  readonly media?: string;
  /** Not checked for credentials (health, readiness). */
  readonly open?: boolean;
  /** What its sender must be allowed to; see `scopeOf`. */
  readonly scope?: Scope;
  /** Not checked for the client's API version. */
  readonly anyVersion?: boolean;
  readonly deprecated?: boolean;
  handle(call: Call<P, Q, B>): Promise<Answer<R>> | Answer<R>;
}

// biome-ignore lint/suspicious/noConfusingVoidType: a handler without an answer may just end
type Nothing = undefined | void | null;
type Answer<R extends Shape> = Response | (R extends z.ZodType ? Lazily<z.input<R>> | Reply<z.input<R>> : Nothing);

/** An answer, or one whose list of rows (itself, or a member of it) is made while it is sent. */
type Lazily<T> = T extends readonly (infer Row)[]
  ? T | Rows<Row>
  : T extends object
    ? { [Key in keyof T]: T[Key] extends readonly (infer Row)[] ? T[Key] | Rows<Row> : T[Key] }
    : T;

/** An operation with its types erased, as app and contract see it. */
export interface Operation extends Omit<OperationDefinition<Shape, Shape, Shape, Shape>, "handle"> {
  handle(call: { params: unknown; query: unknown; body: unknown; deps: Deps; request: Request }): Promise<unknown> | unknown;
}

/** Declares an operation; its handler's input and answer are typed by its schemas. */
export function operation<
  P extends Shape = undefined,
  Q extends Shape = undefined,
  B extends Shape = undefined,
  R extends Shape = undefined,
>(definition: OperationDefinition<P, Q, B, R>): Operation {
  return eraseTypes(definition);
}

/** Returns what the sender of an operation must be allowed to: to read for what has no effect by its method, else what the operation says. */
export const scopeOf = ({ scope, method }: Operation): Scope => scope ?? (method === "GET" ? "read" : "develop");

// Safe because http/route hands `handle` exactly what the definition's own schemas put out.
const eraseTypes = (definition: unknown): Operation => definition as Operation;
