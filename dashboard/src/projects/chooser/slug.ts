const LETTERS: Record<string, string> = { ı: "i", ß: "ss", æ: "ae", ø: "o", ł: "l", đ: "d" };
const VALID = /^(?=.{2,40}$)[a-z][a-z0-9]*(-[a-z0-9]+)*$/;

/** Return whether a text may be the slug of a project; the platform also refuses reserved and taken ones. */
export function isSlug(text: string): boolean {
  return VALID.test(text);
}

/** Suggest a slug for a name: "Satış tahminleri" → "satis-tahminleri". */
export function slugOf(name: string): string {
  return name
    .toLocaleLowerCase("tr")
    .replace(/[ıßæøłđ]/g, (letter) => LETTERS[letter] ?? letter)
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^[-0-9]+|-+$/g, "")
    .slice(0, 40)
    .replace(/-+$/, "");
}
