// Reads that start before the code that asks for them has loaded, so that a first visit does not wait for both in turn.

/** A response that nobody has asked for after this time is dropped. */
const KEPT_MS = 5_000;

const started = new Map<string, Promise<Response>>();

/** Start to read an address with the headers that the later request will have. */
export function startEarly(url: string, headers: Record<string, string>): void {
  const response = fetch(url, { credentials: "same-origin", headers });
  response.catch(() => undefined); // the request that takes it says why
  started.set(url, response);
  setTimeout(() => started.delete(url), KEPT_MS);
}

/** Return the response that was started for an address, once. */
export function takeEarly(url: string): Promise<Response> | undefined {
  const response = started.get(url);
  started.delete(url);
  return response;
}
