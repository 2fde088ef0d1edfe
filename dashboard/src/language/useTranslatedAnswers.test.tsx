import { useQuery, useQueryClient } from "@tanstack/react-query";
import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import i18next from "i18next";
import { afterEach, describe, expect, it, vi } from "vitest";

import { get, post, readText } from "../api/client";
import { showPage } from "../testing-pages";
import { ErrorNotice } from "../ui/Notice";
import { LanguageSwitch } from "./LanguageSwitch";
import { useTranslatedAnswers } from "./useTranslatedAnswers";

afterEach(() => i18next.changeLanguage("en"));

const DETAILS: Record<string, string> = { en: "run 'k3v9' does not exist", tr: "'k3v9' kimlikli çalıştırma yok" };

/** A platform that refuses every request in its language; returns the languages of the requests. */
function refusing(): string[] {
  const asked: string[] = [];
  vi.stubGlobal("fetch", (_url: string, init: RequestInit) => {
    const language = new Headers(init.headers).get("Accept-Language") ?? "";
    asked.push(language);
    const body = JSON.stringify({ detail: DETAILS[language] ?? "no language", code: "not_found" });
    return Promise.resolve(new Response(body, { status: 404, headers: { "content-type": "application/problem+json" } }));
  });
  return asked;
}

function Page() {
  useTranslatedAnswers(useQueryClient());
  const run = useQuery({ queryKey: ["run", "k3v9"], queryFn: () => get("/runs/k3v9"), staleTime: Infinity });
  return (
    <>
      <LanguageSwitch />
      {run.error && <ErrorNotice error={run.error} />}
    </>
  );
}

describe("useTranslatedAnswers", () => {
  it("reads an error again in the language that the reader chooses", async () => {
    refusing();
    showPage(<Page />);
    expect(await screen.findByText(/run 'k3v9' does not exist/)).toBeTruthy();
    await userEvent.click(screen.getByTestId("language-switch"));
    expect(await screen.findByText(/'k3v9' kimlikli çalıştırma yok/)).toBeTruthy();
  });

  it("sends the language of the page with every kind of request", async () => {
    const asked = refusing();
    await i18next.changeLanguage("tr");
    await expect(readText("/api/v1/x", new AbortController().signal)).rejects.toThrow(DETAILS["tr"]);
    await expect(post("/runs", {})).rejects.toThrow(DETAILS["tr"]);
    expect(asked).toEqual(["tr", "tr"]);
  });
});
