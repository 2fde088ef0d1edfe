import { useQuery } from "@tanstack/react-query";
import { useMemo, useState, type SubmitEvent } from "react";
import { useTranslation } from "react-i18next";

import { Problem } from "../api/problem";
import type { DatasetVersion } from "../api/types";
import { inLanguage } from "../language/setup";
import { useFormats } from "../language/useFormats";
import { pluginsQuery } from "../plugins/api";
import { useFormState } from "../projects/draft";
import { problemsByField, readConfig, startValues, type TypedValues } from "../runs/start/form";
import { fieldsOf } from "../runs/start/schema";
import { SchemaForm } from "../runs/start/SchemaForm";
import { Button } from "../ui/Button";
import { DialogActions } from "../ui/Dialog";
import { SelectField, TextField } from "../ui/forms/Field";
import { Restored } from "../ui/forms/Restored";
import { ErrorNotice, Loading } from "../ui/Notice";
import { useAddFromSource } from "./api";
import css from "./Datasets.module.css";

/** Form of any source plugin, built from the schema of its options. */
export function SourceForm({ onAdded, onClose }: { onAdded: (added: DatasetVersion) => void; onClose: () => void }) {
  const { t, i18n } = useTranslation();
  const { input } = useFormats();
  const plugins = useQuery(pluginsQuery);
  const add = useAddFromSource();
  const sources = useMemo(() => plugins.data?.filter((plugin) => plugin.kind === "source" && !plugin.error) ?? [], [plugins.data]);
  const form = useFormState<{ chosen: string; name: string; typed: Record<string, TypedValues> }>("source", { chosen: "", name: "", typed: {} });
  const { chosen, name, typed } = form.value;
  const [tried, setTried] = useState(false);
  const source = sources.find((plugin) => plugin.name === chosen) ?? sources[0];
  const fields = useMemo(() => fieldsOf(source?.schema, i18n.language), [source, i18n.language]);

  if (plugins.error) return <ErrorNotice error={plugins.error} />;
  if (plugins.data === undefined) return <Loading />;
  if (source === undefined) return <p>{t("datasets.noSources")}</p>;

  const initial = startValues(fields, {}, input);
  const values = { ...initial, ...typed[source.name] };
  const { config, faults } = readConfig(fields, values);
  const problems = add.error instanceof Problem ? problemsByField(add.error.fields, [...fields.map((field) => field.name), "name"]) : {};
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    event.stopPropagation(); // the dialog stands inside the form of a new run
    setTried(true);
    if (Object.keys(faults).length > 0) return;
    add.mutate({ source: source.name, options: config, name: name.trim() === "" ? null : name.trim() }, {
      onSuccess: (added) => {
        form.forget();
        onAdded(added);
      },
    });
  };

  return (
    <form onSubmit={submit} className={css["form"]} noValidate>
      <Restored shown={form.isRestored} onRestart={form.restart} />
      <SelectField
        label={t("datasets.source")}
        value={source.name}
        onChange={(value) => form.change({ chosen: value })}
        hint={inLanguage(source.summary, i18n.language)}
        options={sources.map((plugin) => ({ value: plugin.name, label: inLanguage(plugin.title, i18n.language) || plugin.name }))}
      />
      <SchemaForm
        fields={fields}
        values={values}
        initial={initial}
        onChange={(field, value) => form.change(({ typed: all }) => ({ typed: { ...all, [source.name]: { ...all[source.name], [field]: value } } }))}
        faults={tried ? faults : {}}
        problems={problems}
      />
      <TextField label={t("datasets.name")} hint={t("datasets.sourceNameHint")} value={name} onChange={(value) => form.change({ name: value })} error={problems["name"]} />
      {add.error ? <ErrorNotice error={add.error} /> : null}
      <DialogActions>
        <Button onPress={onClose}>{t("common.close")}</Button>
        <Button look="primary" type="submit" pending={add.isPending}>
          {t("datasets.add")}
        </Button>
      </DialogActions>
    </form>
  );
}
