import { useQuery } from "@tanstack/react-query";
import { useState, type SubmitEvent } from "react";
import { useTranslation } from "react-i18next";

import type { Person } from "../../api/types";
import { useFormats } from "../../language/useFormats";
import { Button } from "../../ui/Button";
import { Card } from "../../ui/Card";
import { Dialog, DialogActions } from "../../ui/Dialog";
import { TextField } from "../../ui/forms/Field";
import { ErrorNotice, Loading } from "../../ui/Notice";
import { ShownOnce } from "../../ui/ShownOnce";
import { Table, tableCss } from "../../ui/Table";
import css from "../members/Members.module.css";
import { peopleQuery, useChangePerson, useCreatePerson, useFirstLink } from "./api";

const ACTIONS = {
  disable: { disabled: true },
  enable: { disabled: false },
  grant: { administrator: true },
  revoke: { administrator: false },
} as const;
type Action = keyof typeof ACTIONS;
interface Asked {
  action: Action;
  person: Person;
}

/** The people of the platform; `own` is the name of the administrator who looks. */
export function People({ own }: { own: string }) {
  const { t } = useTranslation();
  const { data, error } = useQuery(peopleQuery);
  return (
    <Card title={t("administration.people")} note={t("administration.peopleNote")}>
      <NewPerson />
      {error === null ? null : <ErrorNotice error={error} />}
      {data === undefined && error === null ? <Loading /> : null}
      {data === undefined ? null : <PeopleTable people={data} own={own} />}
    </Card>
  );
}

function NewPerson() {
  const { t } = useTranslation();
  const create = useCreatePerson();
  const [name, setName] = useState("");
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    if (name.trim() !== "") create.mutate(name.trim(), { onSuccess: () => setName("") });
  };
  return (
    <>
      <form onSubmit={submit} className={css["form"]} noValidate>
        <TextField label={t("administration.newName")} value={name} onChange={setName} name="new-person" testId="new-person" />
        <Button type="submit" pending={create.isPending} testId="create-person">
          {t("administration.create")}
        </Button>
      </form>
      {create.error ? <ErrorNotice error={create.error} /> : null}
      {create.data ? <ShownOnce text={t("administration.made", { name: create.data.name })} label={t("administration.link")} value={create.data.link.url} onDone={() => create.reset()} testId="first-link" /> : null}
    </>
  );
}

function PeopleTable({ people, own }: { people: readonly Person[]; own: string }) {
  const { t } = useTranslation();
  const { moment, number } = useFormats();
  const [asked, setAsked] = useState<Asked | null>(null);
  const link = useFirstLink();
  const button = (action: Action, person: Person) => (
    <Button small look={action === "disable" || action === "revoke" ? "danger" : "plain"} onPress={() => setAsked({ action, person })} testId={`${action}-person`}>
      {t(`administration.${action}`)}
      <span className="visually-hidden"> {person.name}</span>
    </Button>
  );
  return (
    <>
      {link.error ? <ErrorNotice error={link.error} /> : null}
      {link.data ? <ShownOnce text={t("administration.linkMade")} label={t("administration.link")} value={link.data.url} onDone={() => link.reset()} testId="another-first-link" /> : null}
      <Table caption={t("administration.people")} testId="people">
        <thead>
          <tr>
            <th scope="col">{t("administration.name")}</th>
            <th scope="col">{t("administration.state")}</th>
            <th scope="col" className={tableCss["number"]}>
              {t("administration.projectCount")}
            </th>
            <th scope="col">{t("administration.used")}</th>
            <th scope="col">
              <span className="visually-hidden">{t("administration.actions")}</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {people.map((person) => (
            <tr key={person.id}>
              <th scope="row">
                {person.name} {person.name === own ? <span className={tableCss["soft"]}>({t("team.you")})</span> : null}
                {person.administrator ? <span className={tableCss["soft"]}> ({t("administration.administrator")})</span> : null}
              </th>
              <td>{person.disabled_at === null ? t("administration.active") : t("administration.disabledSince", { at: moment(person.disabled_at) })}</td>
              <td className={tableCss["number"]}>{number(person.projects)}</td>
              <td className={tableCss["nowrap"]}>{person.used_at === null ? t("administration.noSession") : moment(person.used_at)}</td>
              <td className={tableCss["number"]}>
                <span className={css["actions"]}>
                  {person.has_password || person.projects > 0 || person.used_at !== null ? null : (
                    <Button small onPress={() => link.mutate(person.id)} testId="another-link">
                      {t("administration.anotherLink")}
                      <span className="visually-hidden"> {person.name}</span>
                    </Button>
                  )}
                  {button(person.administrator ? "revoke" : "grant", person)}
                  {button(person.disabled_at === null ? "disable" : "enable", person)}
                </span>
              </td>
            </tr>
          ))}
        </tbody>
      </Table>
      {asked === null ? null : <Question asked={asked} onClose={() => setAsked(null)} />}
    </>
  );
}

function Question({ asked: { action, person }, onClose }: { asked: Asked; onClose: () => void }) {
  const { t } = useTranslation();
  const change = useChangePerson(onClose);
  const label = t(`administration.${action}`);
  return (
    <Dialog title={`${label}: ${person.name}`} open onClose={onClose} question>
      <p>{t(`administration.${action}Text`, { name: person.name })}</p>
      {change.error ? <ErrorNotice error={change.error} /> : null}
      <DialogActions>
        <Button onPress={onClose}>{t("administration.keep")}</Button>
        <Button look={action === "disable" || action === "revoke" ? "danger" : "primary"} pending={change.isPending} onPress={() => change.mutate({ id: person.id, change: ACTIONS[action] })} testId="confirm-person">
          {label}
        </Button>
      </DialogActions>
    </Dialog>
  );
}
