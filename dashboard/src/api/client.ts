// Every request to the API goes through here.
import i18next from "i18next";

import { sayNoAnswer } from "../ui/failures";
import { startEarly, takeEarly } from "./early";
import type { Figures } from "./figures";
import { Problem } from "./problem";
import type { Answer, List, Page, Place } from "./routes";

const ROOT = "/api/v1";

/** A list is sent as one parameter per value. */
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

/** The project of the page that is shown: the first part of its address, as it is written there. */
export function projectOfPage(path: string = window.location.pathname): string | null {
  return /^\/p\/([^/]+)/.exec(path)?.[1] ?? null;
}

/** The headers of every request: the language of the answer, and the project of the page. */
function commonHeaders(language: string = i18next.language || "en"): Record<string, string> {
  const project = projectOfPage();
  return { "Accept-Language": language, ...(project === null ? {} : { "AzuraForge-Project": project }) };
}

/** Send a request in the page's language; the API returns its errors in this language. */
async function ask(method: string, url: string, { headers, ...init }: Omit<RequestInit, "headers"> & { headers?: Record<string, string> }): Promise<Response> {
  let response: Response;
  const watch = method === "GET" ? undefined : setTimeout(() => void askIfAlive(), SILENT_MS);
  try {
    const early = method === "GET" ? takeEarly(url) : undefined;
    response = await (early ?? fetch(url, { method, credentials: "same-origin", headers: { ...commonHeaders(), ...headers }, ...init }));
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new Problem(0, {});
  } finally {
    clearTimeout(watch);
  }
  if (response.ok) return response;
  throw new Problem(response.status, isJson(response) ? await response.json().catch(() => null) : null);
}

/** Start a read of the page's first visit; the next `get` of the same address takes its response. */
export function getEarly(path: string, query: Query, language: string): void {
  startEarly(address(path, query), commonHeaders(language));
}

/** An action that takes longer than this asks whether the platform is alive; both together stay under two seconds. */
const SILENT_MS = 900;
const ALIVE_MS = 900;

/** Say so if the platform does not answer at all; a long action alone is no failure. */
async function askIfAlive(): Promise<void> {
  try {
    await fetch("/healthz", { signal: AbortSignal.timeout(ALIVE_MS) });
  } catch {
    sayNoAnswer();
  }
}

/** A response without content may still have a content type. */
function isJson(response: Response): boolean {
  return response.status !== 204 && (response.headers.get("content-type")?.includes("json") ?? false);
}

async function send<Body>(method: string, url: string, init: Parameters<typeof ask>[2]): Promise<Body> {
  const response = await ask(method, url, init);
  const body: unknown = isJson(response) ? await response.json() : null;
  return body as Body; // the only place where the dashboard trusts that responses match the OpenAPI document
}

/** A file of the platform as text. */
export async function readText(url: string, signal: AbortSignal): Promise<string> {
  return (await ask("GET", url, { signal })).text();
}

/** A file of the platform as bytes. */
export async function readBlob(url: string, signal: AbortSignal): Promise<Blob> {
  return (await ask("GET", url, { signal })).blob();
}

export function get<const P extends Place<"get">>(path: P, query?: Query, signal?: AbortSignal): Promise<Answer<"get", P>> {
  return send("GET", address(path, query), { headers: { Accept: "application/json" }, signal: signal ?? null });
}

/** A figure whose schema is in the OpenAPI document. */
export function readFigure<Name extends keyof Figures>(run: string, name: Name, signal: AbortSignal): Promise<Figures[Name]> {
  return send("GET", address(`/runs/${part(run)}/figures/${name}`), { headers: { Accept: "application/json" }, signal });
}

/** A page of a list. */
export function readPage<const P extends List>(path: P, query: Query, signal: AbortSignal): Promise<Page<P>> {
  return send("GET", address(path, query), { headers: { Accept: "application/json" }, signal });
}

export function post<const P extends Place<"post">>(path: P, body?: unknown, signal?: AbortSignal): Promise<Answer<"post", P>> {
  const json = { headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
  return send("POST", address(path), { ...(body === undefined ? {} : json), signal: signal ?? null });
}

export function postForm<const P extends Place<"post">>(path: P, form: FormData, signal?: AbortSignal): Promise<Answer<"post", P>> {
  return send("POST", address(path), { body: form, signal: signal ?? null });
}

export function put<const P extends Place<"put">>(path: P, body?: unknown): Promise<Answer<"put", P>> {
  const json = { headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
  return send("PUT", address(path), body === undefined ? {} : json);
}

export function patch<const P extends Place<"patch">>(path: P, body: unknown): Promise<Answer<"patch", P>> {
  return send("PATCH", address(path), { headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
}

export function remove<const P extends Place<"delete">>(path: P, query?: Query): Promise<Answer<"delete", P>> {
  return send("DELETE", address(path, query), {});
}
