import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { get, getEarly } from "./client";

const QUERY = { limit: 3 };

describe("a read that starts early", () => {
  const sent: { url: string; headers: Record<string, string> }[] = [];

  beforeEach(() => {
    sent.length = 0;
    vi.useFakeTimers();
    vi.stubGlobal("fetch", (url: string, init: RequestInit) => {
      sent.push({ url, headers: init.headers as Record<string, string> });
      const answer = new Response(JSON.stringify({ number: sent.length }), { headers: { "content-type": "application/json" } });
      return Promise.resolve(answer);
    });
  });

  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  it("is the response of the next request of the same address, and of no further one", async () => {
    getEarly("/runs", QUERY, "tr");
    expect(sent.map(({ url }) => url)).toEqual(["/api/v1/runs?limit=3"]);
    expect(sent[0]?.headers["Accept-Language"]).toBe("tr");
    expect(await get("/runs", QUERY)).toEqual({ number: 1 });
    expect(sent).toHaveLength(1);
    expect(await get("/runs", QUERY)).toEqual({ number: 2 });
  });

  it("is not the response of another address, nor of one that is asked for much later", async () => {
    getEarly("/runs", QUERY, "en");
    expect(await get("/runs", { limit: 4 })).toEqual({ number: 2 });
    vi.advanceTimersByTime(6_000);
    expect(await get("/runs", QUERY)).toEqual({ number: 3 });
  });

  it("that fails is the failure of the request that takes it", async () => {
    vi.stubGlobal("fetch", () => Promise.reject(new TypeError("no connection")));
    getEarly("/runs", QUERY, "en");
    await expect(get("/runs", QUERY)).rejects.toMatchObject({ status: 0 });
  });
});
