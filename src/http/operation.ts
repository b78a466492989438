import type * as z from "zod";
import type { Deps } from "../deps.ts";
import type { AuditedKind } from "../domain/audit.ts";
import type { Scope } from "../domain/principal.ts";
import type { Rows } from "../lib/rows.ts";

export type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
type Shape = z.ZodType | undefined;
type Out<T extends Shape> = T extends z.ZodType ? z.output<T> : undefined;

/** The arguments of a handler: validated input and the request's dependencies. */
export interface Call<P extends Shape, Q extends Shape, B extends Shape> {
  readonly params: Out<P>;
  readonly query: Out<Q>;
  readonly body: Out<B>;
  readonly deps: Deps;
  readonly request: Request;
}

/** A result with its own status or headers; for other results the operation's status is used. */
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

/** Returns a reply with 201 for a new object, 200 for an existing one. */
export const createdOrFound = <T>(created: boolean, value: T): Reply<T> => new Reply(created ? 201 : 200, value);

/** The declaration of an API operation: method, path, schemas, handler. */
export interface OperationDefinition<P extends Shape, Q extends Shape, B extends Shape, R extends Shape> {
  readonly method: Method;
  /** `/flows/{id}`; a parameter with the schema `pathUuid` matches UUIDs only. */
  readonly path: string;
  readonly tag: string;
  readonly summary: string;
  readonly params?: P;
  readonly query?: Q;
  /** The JSON body. `bodyRequired: false`: a missing body or `null` is read as `{}`. */
  readonly body?: B;
  readonly bodyRequired?: boolean;
  /** The body may hold secrets: no error repeats anything of it. */
  readonly secretBody?: boolean;
  /** The response schema; without one: 204, or a Response from the handler. */
  readonly response?: R;
  readonly status?: number;
  /** The second status of success: an existing object, or a state that was written. */
  readonly otherStatus?: number;
  /** The error statuses beside those of all operations of its kind (openapi-responses). */
  readonly errors?: readonly number[];
  /** The media type of a Response from the handler. */
  readonly media?: string;
  /** The scope that the principal needs; null: open to everybody, without credentials (health, readiness). */
  readonly scope: Scope | null;
  /** The kind of object whose change by this operation the audit tells; false: it does not. Operations that only read have none. */
  readonly audited?: AuditedKind | false;
  /** Accepts every API version of the client. */
  readonly anyVersion?: boolean;
  readonly deprecated?: boolean;
  handle(call: Call<P, Q, B>): Promise<Answer<R>> | Answer<R>;
}

// biome-ignore lint/suspicious/noConfusingVoidType: a handler without a result may return nothing
type Nothing = undefined | void | null;
type Answer<R extends Shape> = Response | (R extends z.ZodType ? LazyRows<z.input<R>> | Reply<z.input<R>> : Nothing);

/** A result whose list of rows (itself, or a member of it) may be lazy `Rows`. */
type LazyRows<T> = T extends readonly (infer Row)[]
  ? T | Rows<Row>
  : T extends object
    ? { [Key in keyof T]: T[Key] extends readonly (infer Row)[] ? T[Key] | Rows<Row> : T[Key] }
    : T;

/** An operation with its types erased, for the router and the OpenAPI document. */
export interface Operation extends Omit<OperationDefinition<Shape, Shape, Shape, Shape>, "handle"> {
  handle(call: { params: unknown; query: unknown; body: unknown; deps: Deps; request: Request }): Promise<unknown> | unknown;
}

/** Declares an operation; its handler's input and result are typed by its schemas. */
export function operation<
  P extends Shape = undefined,
  Q extends Shape = undefined,
  B extends Shape = undefined,
  R extends Shape = undefined,
>(definition: OperationDefinition<P, Q, B, R>): Operation {
  return eraseTypes(definition);
}

// Safe because http/route calls `handle` with the output of the definition's own schemas.
const eraseTypes = (definition: unknown): Operation => definition as Operation;
