import { readFileSync, readdirSync } from "node:fs";

import { describe, expect, it } from "vitest";

// Machado, Oliveira and Fernandes (2009), full severity, on linear RGB.
const SIGHT: Record<string, readonly (readonly number[])[]> = {
  normal: [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
  protanopia: [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
  deuteranopia: [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]],
  tritanopia: [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.3039]],
};
/** Just noticeable is about 2; lines and dots that are small need several times as much. */
const LEAST_DISTANCE = 8;

const [lightCss = "", darkCss = ""] = readFileSync("src/theme/tokens.css", "utf8").split(':root[data-theme="dark"]');

function tokens(css: string): Record<string, string> {
  return Object.fromEntries([...css.matchAll(/--([\w-]+): (#[0-9a-f]{6});/g)].map(([, name = "", value = ""]) => [name, value]));
}

const times = (matrix: readonly (readonly number[])[], [a = 0, b = 0, c = 0]: readonly number[]) =>
  matrix.map(([x = 0, y = 0, z = 0]) => Math.min(1, Math.max(0, x * a + y * b + z * c)));

const linear = (hex: string) =>
  [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16) / 255).map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));

const luminance = ([r = 0, g = 0, b = 0]: readonly number[]) => 0.2126 * r + 0.7152 * g + 0.0722 * b;

function contrast(one: string, other: string): number {
  const [high = 0, low = 0] = [luminance(linear(one)), luminance(linear(other))].sort((a, b) => b - a);
  return (high + 0.05) / (low + 0.05);
}

/** Distance in Oklab, times 100. */
function distance(one: readonly number[], other: readonly number[]): number {
  const lab = ([r = 0, g = 0, b = 0]: readonly number[]) => {
    const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
    const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
    const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
    return [0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s, 1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s, 0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s];
  };
  const [a, b] = [lab(one), lab(other)];
  return 100 * Math.hypot(...a.map((part, index) => part - (b[index] ?? 0)));
}

describe.each([
  ["light", tokens(lightCss)],
  ["dark", tokens(darkCss)],
])("the %s theme", (_name, colors) => {
  const categorical = Array.from({ length: 10 }, (_, index) => colors[`chart-${index + 1}`] ?? "");
  const grounds = [colors["surface"] ?? "", colors["ground"] ?? ""];

  it("has ten categorical colours that stand out from what they are drawn on", () => {
    expect(new Set(categorical).size).toBe(10);
    for (const color of categorical) for (const ground of grounds) expect(contrast(color, ground), `${color} on ${ground}`).toBeGreaterThanOrEqual(3);
  });

  it.each(Object.entries(SIGHT))("keeps them apart with %s", (_sight, matrix) => {
    const seen = categorical.map((color) => times(matrix, linear(color)));
    for (const [at, one] of seen.entries())
      for (const [other, color] of seen.slice(0, at).entries()) expect(distance(one, color), `${categorical[at]} and ${categorical[other]}`).toBeGreaterThanOrEqual(LEAST_DISTANCE);
  });

  it("has texts that can be read", () => {
    for (const ink of ["ink", "ink-soft", "azure", "ember", "good", "bad"]) for (const ground of [...grounds, colors["sunken"] ?? ""]) expect(contrast(colors[ink] ?? "", ground), `${ink} on ${ground}`).toBeGreaterThanOrEqual(4.5);
    for (const tone of ["azure", "ember", "good", "bad"]) expect(contrast(colors[tone] ?? "", colors[`${tone}-tint`] ?? ""), tone).toBeGreaterThanOrEqual(4.5);
  });
});

describe("sizes of text", () => {
  it("are the five of the scale", () => {
    const scale = [...lightCss.matchAll(/--(text-\w+): /g)].map(([, name]) => name);
    expect(new Set(scale).size).toBe(5);
    const files = readdirSync("src", { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".css"));
    const allowed = /^(var\(--text-(small|note|body|head|title)\)|0\.88em|inherit)$/;
    const wrong = files.flatMap((name) => [...readFileSync(`src/${name}`, "utf8").matchAll(/font-size: ([^;]+);/g)].filter(([, size = ""]) => !allowed.test(size)).map(([found]) => `${name}: ${found}`));
    expect(files.length).toBeGreaterThan(30);
    expect(wrong).toEqual([]);
  });
});
