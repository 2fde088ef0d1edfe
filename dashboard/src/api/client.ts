// Every request to the API goes through here.
import { Problem } from "./problem";

const ROOT = "/api/v1";

export type Query = Record<string, string | number | null | undefined>;

/** `/runs/{id}` and `{id: "a/b"}` → `/api/v1/runs/a%2Fb`, followed by the query's known values. */
export function address(path: string, query: Query = {}): string {
  const known = Object.entries(query).flatMap(([name, value]) =>
    value === null || value === undefined || value === "" ? [] : [[name, String(value)]],
  );
  const search = new URLSearchParams(known).toString();
  return ROOT + path + (search === "" ? "" : `?${search}`);
}

export const part = encodeURIComponent;

async function send<T>(method: string, url: string, init: RequestInit): Promise<T> {
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
  return body as T;
}

export function get<T>(path: string, query?: Query, signal?: AbortSignal): Promise<T> {
  return send<T>("GET", address(path, query), { headers: { Accept: "application/json" }, signal: signal ?? null });
}

export function post<T>(path: string, body?: unknown): Promise<T> {
  const json = { headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
  return send<T>("POST", address(path), body === undefined ? {} : json);
}

export function postForm<T>(path: string, form: FormData): Promise<T> {
  return send<T>("POST", address(path), { body: form });
}

export function put<T>(path: string, body?: unknown): Promise<T> {
  const json = { headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
  return send<T>("PUT", address(path), body === undefined ? {} : json);
}

export function remove<T = null>(path: string): Promise<T> {
  return send<T>("DELETE", address(path), {});
}
