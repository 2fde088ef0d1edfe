// Shows a page of a signed-in person against answers of the API, for tests.
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { render, type RenderResult } from "@testing-library/react";
import type { ReactNode } from "react";
import { vi } from "vitest";
import { Router } from "wouter";
import { memoryLocation } from "wouter/memory-location";

import { SessionContext } from "./projects/session";

export interface Answer {
  status?: number;
  body: unknown;
}

/** The only page of a list. */
export const page = <Item,>(items: readonly Item[]) => ({ items, next: null });

/** Requests to the API, in order. */
export interface Asked {
  method: string;
  path: string;
  body: unknown;
}

/** Answers by "GET /runs/x"; what is not listed is 404. */
export function answerApi(answers: Record<string, Answer | ((asked: Asked) => Answer)>): Asked[] {
  const asked: Asked[] = [];
  vi.stubGlobal("fetch", (url: string, init: RequestInit) => {
    const path = url.replace("/api/v1", "").split("?")[0] ?? "";
    const one: Asked = { method: init.method ?? "GET", path, body: typeof init.body === "string" ? JSON.parse(init.body) : init.body };
    asked.push(one);
    const found = answers[`${one.method} ${path}`];
    const answer = typeof found === "function" ? found(one) : (found ?? { status: 404, body: { detail: "not there", code: "not_found" } });
    const type = (answer.status ?? 200) < 400 ? "application/json" : "application/problem+json";
    return Promise.resolve(new Response(answer.status === 204 ? null : JSON.stringify(answer.body), { status: answer.status ?? 200, headers: { "content-type": type } }));
  });
  return asked;
}

/** A WebSocket that connects to nothing: `LiveSocket.latest.send(...)` plays the server. */
export class LiveSocket {
  static latest: LiveSocket | null = null;
  onopen: (() => void) | null = null;
  onmessage: ((message: { data: string }) => void) | null = null;
  onclose: (() => void) | null = null;
  constructor(readonly url: string) {
    LiveSocket.latest = this;
  }
  close(): void {
    this.onclose = null;
  }
  send(events: unknown[]): void {
    this.onmessage?.({ data: JSON.stringify(events) });
  }
}

export function showPage(page: ReactNode, { path = "/p/default/runs", role = "owner", slug = "default", archived = false, client = new QueryClient({ defaultOptions: { queries: { retry: false } } }) }: { path?: string; role?: "owner" | "member" | "viewer"; slug?: string; archived?: boolean; client?: QueryClient } = {}): RenderResult & { history: string[] } {
  vi.stubGlobal("WebSocket", LiveSocket);
  const { hook, searchHook, history } = memoryLocation({ path, record: true });
  const shown = render(
    <QueryClientProvider client={client}>
      <SessionContext value={{ slug, name: "Default", role, archived, person: "owner", max_upload_bytes: 536_870_912 }}>
        <Router hook={hook} searchHook={searchHook}>
          {page}
        </Router>
      </SessionContext>
    </QueryClientProvider>,
  );
  return { ...shown, history };
}
