// The type of each response, by method and path, from the OpenAPI document.
import type { paths } from "./schema";

type Method = "get" | "post" | "put" | "patch" | "delete";

/** `/runs/{run_id}/metrics` → `/runs/${string}/metrics`. */
type Filled<Path extends string> = Path extends `${infer Before}{${string}}${infer After}` ? `${Before}${string}${Filled<After>}` : Path;

type Operations<M extends Method> = {
  [Path in keyof paths as Path extends `/api/v1${infer Rest}` ? (paths[Path][M] extends { responses: object } ? Rest : never) : never]: paths[Path][M];
};

type Body<Response> = Response extends { content: { "application/json": infer Json } } ? Json : null;

type Success<Operation> = Operation extends { responses: infer Responses }
  ? { [Status in keyof Responses]: Status extends 200 | 201 | 202 | 204 ? Body<Responses[Status]> : never }[keyof Responses]
  : never;

/** The paths of a method, with path parameters filled in. */
export type Place<M extends Method> = { [Path in keyof Operations<M>]: Filled<Path & string> }[keyof Operations<M>];

/** The response to a method and path. */
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

/** The paths that return a list in pages. */
export type List = { [Path in keyof Operations<"get">]: Success<Operations<"get">[Path]> extends { items: unknown[]; next: string | null } ? Filled<Path & string> : never }[keyof Operations<"get">];
