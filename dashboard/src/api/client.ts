// Every request to the API goes through here.
import type { Figures } from "./figures";
import { Problem } from "./problem";
import type { Answer, List, Page, Place } from "./routes";

const ROOT = "/api/v1";

/** A list repeats its name for each of its values. */
export type Query = Record<string, string | number | readonly string[] | null | undefined>;

/** `/runs/{id}` and `{id: "a/b"}` → `/api/v1/runs/a%2Fb`, followed by the query's known values. */
export function address(path: string, query: Query = {}): string {
  const known = Object.entries(query).flatMap(([name, value]) =>
    value === null || value === undefined || value === "" ? [] : [value].flat().map((one) => [name, String(one)]),
  );
  const search = new URLSearchParams(known).toString();
  return ROOT + path + (search === "" ? "" : `?${search}`);
}

export const part = encodeURIComponent;

async function send<Body>(method: string, url: string, init: RequestInit): Promise<Body> {
  let response: Response;
  try {
    response = await fetch(url, { method, credentials: "same-origin", ...init });
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new Problem(0, {});
  }
  // An answer without content may still name a type.
  const isJson = response.status !== 204 && (response.headers.get("content-type")?.includes("json") ?? false);
  const body: unknown = isJson ? await response.json() : null;
  if (!response.ok) throw new Problem(response.status, body);
  return body as Body; // the only place where the dashboard trusts that the platform answers as its document says
}

export function get<const P extends Place<"get">>(path: P, query?: Query, signal?: AbortSignal): Promise<Answer<"get", P>> {
  return send("GET", address(path, query), { headers: { Accept: "application/json" }, signal: signal ?? null });
}

/** A figure that the document states the shape of. */
export function readFigure<Name extends keyof Figures>(run: string, name: Name, signal: AbortSignal): Promise<Figures[Name]> {
  return send("GET", address(`/runs/${part(run)}/figures/${name}`), { headers: { Accept: "application/json" }, signal });
}

/** A page of a list. */
export function readPage<const P extends List>(path: P, query: Query, signal: AbortSignal): Promise<Page<P>> {
  return send("GET", address(path, query), { headers: { Accept: "application/json" }, signal });
}

export function post<const P extends Place<"post">>(path: P, body?: unknown): Promise<Answer<"post", P>> {
  const json = { headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
  return send("POST", address(path), body === undefined ? {} : json);
}

export function postForm<const P extends Place<"post">>(path: P, form: FormData): Promise<Answer<"post", P>> {
  return send("POST", address(path), { body: form });
}

export function put<const P extends Place<"put">>(path: P, body?: unknown): Promise<Answer<"put", P>> {
  const json = { headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
  return send("PUT", address(path), body === undefined ? {} : json);
}

export function remove<const P extends Place<"delete">>(path: P): Promise<Answer<"delete", P>> {
  return send("DELETE", address(path), {});
}
