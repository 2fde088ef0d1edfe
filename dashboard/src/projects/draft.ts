// What was typed into a form, kept while the session ends and the person signs in again. Secrets are never kept.
import { useEffect, useState } from "react";

import { useSession } from "./session";

const PREFIX = "draft:";

interface Stored<T> {
  person: string;
  value: T;
}

/** Names of fields whose values must not be stored. */
const SECRET = /passw|secret|token|api_?key|credential/i;

export interface Draft<T> {
  /** What the person typed before, if the form was left unfinished; else null. */
  restored: T | null;
  keep: (value: T) => void;
  /** Forget the draft: the form was sent, or the person starts again. */
  forget: () => void;
}

/** The draft of the form `name` at the page's address, for the signed-in person in the page's project. */
export function useDraft<T>(name: string): Draft<T> {
  const { person, slug } = useSession();
  const [key] = useState(() => `${PREFIX}${slug}:${window.location.pathname}${window.location.search}:${name}`);
  const [restored] = useState(() => readDraft(key, person) as T | null);
  return {
    restored,
    keep: (value) => write(key, { person, value }),
    forget: () => attempt(() => sessionStorage.removeItem(key)),
  };
}

export interface FormState<T> {
  value: T;
  change: (part: Partial<T> | ((before: T) => Partial<T>)) => void;
  /** Whether the form shows a draft that was left unfinished. */
  isRestored: boolean;
  /** Forget the draft: the form was sent. */
  forget: () => void;
  /** Forget the draft and show the form as it was first. */
  restart: () => void;
}

/** The fields of a form, kept as the draft `name` from their first change on. A field that an older draft lacks has its first value. */
export function useFormState<T extends object>(name: string, first: T): FormState<T> {
  const draft = useDraft<Partial<T>>(name);
  const [value, setValue] = useState<T>(() => ({ ...first, ...draft.restored }));
  const [isTouched, setTouched] = useState(draft.restored !== null);
  const [isRestored, setRestored] = useState(draft.restored !== null);
  useKept(draft, value, isTouched);
  const forget = () => {
    setTouched(false);
    draft.forget();
  };
  return {
    value,
    change: (part) => {
      setTouched(true);
      setValue((before) => ({ ...before, ...(typeof part === "function" ? part(before) : part) }));
    },
    isRestored,
    forget,
    restart: () => {
      forget();
      setRestored(false);
      setValue(first);
    },
  };
}

/** Keep `value` whenever it differs from the value that the form started with. */
export function useKept<T>(draft: Draft<T>, value: T, isTouched: boolean): void {
  const text = JSON.stringify(value);
  useEffect(() => {
    if (isTouched) draft.keep(value);
    // eslint-disable-next-line react-hooks/exhaustive-deps -- the text stands for the value
  }, [text, isTouched]);
}

/** Forget the drafts of this tab: the person signed out. */
export function forgetDrafts(): void {
  forgetKeys((key) => key.startsWith(PREFIX));
}

/** Forget everything else that this tab keeps: a person signed in, whose unfinished forms go on. */
export function forgetAllButDrafts(): void {
  forgetKeys((key) => !key.startsWith(PREFIX));
}

function forgetKeys(belongs: (key: string) => boolean): void {
  attempt(() => {
    const keys = Array.from({ length: sessionStorage.length }, (_, index) => sessionStorage.key(index) ?? "");
    for (const key of keys) if (belongs(key)) sessionStorage.removeItem(key);
  });
}

/** A draft of another person is removed, not returned. */
export function readDraft(key: string, person: string): unknown {
  return attempt(() => {
    const text = sessionStorage.getItem(key);
    if (text === null) return null;
    const stored = JSON.parse(text) as Partial<Stored<unknown>> | null;
    if (stored?.person === person && stored.value !== undefined) return stored.value;
    sessionStorage.removeItem(key);
    return null;
  });
}

function write(key: string, stored: Stored<unknown>): void {
  attempt(() => sessionStorage.setItem(key, JSON.stringify(stored, (name, value: unknown) => (SECRET.test(name) ? undefined : value))));
}

/** Storage may be full, switched off or damaged; a form works without it. */
function attempt<T>(work: () => T): T | null {
  try {
    return work();
  } catch {
    return null;
  }
}
