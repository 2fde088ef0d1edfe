import { render, screen, within } from "@testing-library/react";
import { describe, expect, it } from "vitest";

import { Markdown } from "./Markdown";

const show = (text: string) => render(<Markdown text={text} caption="Notes" />).container;

describe("Markdown", () => {
  it("shows headings, lists, quotes, tables and code", () => {
    const shown = show("# What it found\n\n- **one**\n- `two`\n\n1. first\n\n> a *quiet* word\n\n| a | b |\n| --- | ---: |\n| x\\|y | 2 |\n\n```\n<b>\n```");
    expect(screen.getByRole("heading", { name: "What it found" })).toBeTruthy();
    expect(screen.getAllByRole("listitem").map((item) => item.textContent)).toEqual(["one", "two", "first"]);
    expect(shown.querySelector("blockquote em")?.textContent).toBe("quiet");
    expect(within(screen.getByRole("table")).getByRole("rowheader").textContent).toBe("x|y");
    expect(within(screen.getByRole("table", { name: "What it found" })).getByRole("cell").textContent).toBe("2");
    expect(shown.querySelector("pre")?.textContent).toBe("<b>");
  });

  it("never makes HTML, follows no other scheme, and loads no image", () => {
    const shown = show("<img src=x onerror=alert(1)> <script>x</script> [a](javascript:alert(1)) ![p](https://evil.example/x.png) [b](https://good.example)");
    expect(shown.querySelectorAll("img, script")).toHaveLength(0);
    expect(shown.textContent).toContain("<script>x</script>");
    expect(screen.getAllByRole("link").map((link) => link.getAttribute("href"))).toEqual(["https://good.example"]);
  });

  it("leaves words with underscores and stars of a product alone, and ends on any text", () => {
    expect(show("a snake_case_name, 2 * 3 * 4").textContent).toBe("a snake_case_name, 2 * 3 * 4");
    for (const text of ["", "|", "| a\n", "```", "> > > >", "- ", "**", "[", "|a|\n|-|"]) expect(show(text)).toBeTruthy();
    expect(show("> ".repeat(5000) + "deep").textContent).toContain("deep");
  });
});
