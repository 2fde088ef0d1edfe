import { useState, type SubmitEvent } from "react";
import { useTranslation } from "react-i18next";

import { Button } from "../../ui/Button";
import { Card } from "../../ui/Card";
import { SelectField, TextField } from "../../ui/forms/Field";
import { ErrorNotice } from "../../ui/Notice";
import { useSession } from "../session";
import { rolesUpTo, useAddServiceAccount, type Role } from "./api";
import css from "./Members.module.css";

/** Creates a service account, which the list of members then contains. */
export function NewServiceAccount() {
  const { t } = useTranslation();
  const session = useSession();
  const add = useAddServiceAccount();
  const [name, setName] = useState("");
  const [role, setRole] = useState<Role>("member");
  const roles = rolesUpTo(session).filter((each) => each !== "owner");
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    if (name.trim() !== "" && role !== "owner") add.mutate({ name: name.trim(), role }, { onSuccess: () => setName("") });
  };
  return (
    <Card title={t("team.newService")} note={t("team.serviceNote")}>
      <form onSubmit={submit} className={css["form"]} noValidate>
        <TextField label={t("team.serviceName")} value={name} onChange={setName} name="service-account" testId="service-name" />
        <SelectField label={t("team.role")} value={role} onChange={setRole} options={roles.map((each) => ({ value: each, label: t(`roles.${each}`) }))} testId="service-role" />
        <Button type="submit" pending={add.isPending} testId="add-service">
          {t("team.addService")}
        </Button>
      </form>
      {add.error ? <ErrorNotice error={add.error} /> : null}
    </Card>
  );
}
