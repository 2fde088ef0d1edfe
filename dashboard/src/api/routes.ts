// The type of each answer, found by method and path in the API's document.
import type { paths } from "./schema";

type Method = "get" | "post" | "put" | "delete";

/** `/runs/{run_id}/metrics` → `/runs/${string}/metrics`. */
type Filled<Path extends string> = Path extends `${infer Before}{${string}}${infer After}` ? `${Before}${string}${Filled<After>}` : Path;

type Operations<M extends Method> = {
  [Path in keyof paths as Path extends `/api/v1${infer Rest}` ? (paths[Path][M] extends { responses: object } ? Rest : never) : never]: paths[Path][M];
};

type Body<Response> = Response extends { content: { "application/json": infer Json } } ? Json : null;

type Success<Operation> = Operation extends { responses: infer Responses }
  ? { [Status in keyof Responses]: Status extends 200 | 201 | 202 | 204 ? Body<Responses[Status]> : never }[keyof Responses]
  : never;

/** The paths that a method has, names filled in. */
export type Place<M extends Method> = { [Path in keyof Operations<M>]: Filled<Path & string> }[keyof Operations<M>];

/** The answer to a method at a path. */
export type Answer<M extends Method, P extends string> = P extends P
  ? { [Path in keyof Operations<M>]: [P, Filled<Path & string>] extends [Filled<Path & string>, P] ? Success<Operations<M>[Path]> : never }[keyof Operations<M>]
  : never;

/** One item of a list. */
export type Item<P extends string> = Answer<"get", P> extends { items: (infer One)[] } ? One : never;

/** A page of a list. */
export interface Page<P extends string> {
  items: Item<P>[];
  next: string | null;
}

/** The paths that answer a list, page by page. */
export type List = { [Path in keyof Operations<"get">]: Success<Operations<"get">[Path]> extends { items: unknown[]; next: string | null } ? Filled<Path & string> : never }[keyof Operations<"get">];
