import { Suspense, lazy } from "react";
import { useTranslation } from "react-i18next";
import { Route, Switch, useLocation, useParams } from "wouter";

import { useProjectEvents } from "../events/useProjectEvents";
import { ArchivedNotice } from "../projects/settings/ArchivedNotice";
import { FirstPage } from "../projects/FirstPage";
import { ProjectScope } from "../projects/ProjectScope";
import { Boundary } from "../shell/Boundary";
import { Shell } from "../shell/Shell";
import { Empty, Loading } from "../ui/Notice";

const HomePage = lazy(() => import("../home/HomePage"));
const EventsPage = lazy(() => import("../events/EventsPage"));
const PredictionsPage = lazy(() => import("../predictions/PredictionsPage"));
const RunsPage = lazy(() => import("../runs/list/RunsPage"));
const RunPage = lazy(() => import("../runs/RunPage"));
const NewRunPage = lazy(() => import("../runs/start/NewRunPage"));
const ComparisonPage = lazy(() => import("../comparison/ComparisonPage"));
const ModelsPage = lazy(() => import("../models/ModelsPage"));
const ModelPage = lazy(() => import("../models/ModelPage"));
const DatasetsPage = lazy(() => import("../datasets/DatasetsPage"));
const DatasetPage = lazy(() => import("../datasets/DatasetPage"));
const SchedulesPage = lazy(() => import("../automations/SchedulesPage"));
const SchedulePage = lazy(() => import("../automations/SchedulePage"));
const EditSchedulePage = lazy(() => import("../automations/EditSchedulePage"));
const NewSchedulePage = lazy(() => import("../automations/NewSchedulePage"));
const AutomationsPage = lazy(() => import("../automations/triggers/AutomationsPage"));
const AutomationPage = lazy(() => import("../automations/triggers/AutomationPage"));
const EditAutomationPage = lazy(() => import("../automations/triggers/form/EditAutomationPage"));
const NewAutomationPage = lazy(() => import("../automations/triggers/form/NewAutomationPage"));
const StudiesPage = lazy(() => import("../studies/StudiesPage"));
const StudyPage = lazy(() => import("../studies/StudyPage"));
const NewStudyPage = lazy(() => import("../studies/NewStudyPage"));
const TrashPage = lazy(() => import("../projects/trash/TrashPage"));
const TokensPage = lazy(() => import("../projects/tokens/TokensPage"));
const SecretsPage = lazy(() => import("../projects/secrets/SecretsPage"));
const AccountPage = lazy(() => import("../projects/account/AccountPage"));
const MembersPage = lazy(() => import("../projects/members/MembersPage"));
const SettingsPage = lazy(() => import("../projects/settings/SettingsPage"));
const AdministrationPage = lazy(() => import("../projects/administration/AdministrationPage"));
const PluginsPage = lazy(() => import("../plugins/PluginsPage"));

/** The part of the dashboard that needs a session: the pages of the project that the address names. */
export function SignedIn() {
  return (
    <Switch>
      <Route path="/p/:project/*?">
        {({ project }) => (
          <ProjectScope key={project} slug={project}>
            <ProjectPages />
          </ProjectScope>
        )}
      </Route>
      <Route>
        <FirstPage />
      </Route>
    </Switch>
  );
}

function ProjectPages() {
  const { t } = useTranslation();
  const { project = "" } = useParams();
  const [location] = useLocation();
  const status = useProjectEvents(project);
  return (
    <Shell status={status}>
      <ArchivedNotice />
      <Boundary key={location}>
        <Suspense fallback={<Loading />}>
        <Switch>
          <Route path="/p/:project" component={HomePage} />
          <Route path="/p/:project/events" component={EventsPage} />
          <Route path="/p/:project/predictions" component={PredictionsPage} />
          <Route path="/p/:project/runs" component={RunsPage} />
          <Route path="/p/:project/new-run" component={NewRunPage} />
          <Route path="/p/:project/runs/:id">{({ id }) => <RunPage key={id} id={decodeURIComponent(id)} />}</Route>
          <Route path="/p/:project/comparison" component={ComparisonPage} />
          <Route path="/p/:project/models" component={ModelsPage} />
          <Route path="/p/:project/models/:name">{({ name }) => <ModelPage key={name} name={decodeURIComponent(name)} />}</Route>
          <Route path="/p/:project/datasets" component={DatasetsPage} />
          <Route path="/p/:project/datasets/:name">{({ name }) => <DatasetPage key={name} name={decodeURIComponent(name)} />}</Route>
          <Route path="/p/:project/schedules" component={SchedulesPage} />
          <Route path="/p/:project/new-schedule" component={NewSchedulePage} />
          <Route path="/p/:project/schedules/:id/edit">{({ id }) => <EditSchedulePage key={id} id={decodeURIComponent(id)} />}</Route>
          <Route path="/p/:project/schedules/:id">{({ id }) => <SchedulePage key={id} id={decodeURIComponent(id)} />}</Route>
          <Route path="/p/:project/automations" component={AutomationsPage} />
          <Route path="/p/:project/new-automation" component={NewAutomationPage} />
          <Route path="/p/:project/automations/:id/edit">{({ id }) => <EditAutomationPage key={id} id={decodeURIComponent(id)} />}</Route>
          <Route path="/p/:project/automations/:id">{({ id }) => <AutomationPage key={id} id={decodeURIComponent(id)} />}</Route>
          <Route path="/p/:project/studies" component={StudiesPage} />
          <Route path="/p/:project/new-study" component={NewStudyPage} />
          <Route path="/p/:project/studies/:id">{({ id }) => <StudyPage key={id} id={decodeURIComponent(id)} />}</Route>
          <Route path="/p/:project/plugins" component={PluginsPage} />
          <Route path="/p/:project/trash" component={TrashPage} />
          <Route path="/p/:project/tokens" component={TokensPage} />
          <Route path="/p/:project/secrets" component={SecretsPage} />
          <Route path="/p/:project/account" component={AccountPage} />
          <Route path="/p/:project/members" component={MembersPage} />
          <Route path="/p/:project/administration" component={AdministrationPage} />
          <Route path="/p/:project/settings">
            <SettingsPage />
          </Route>
          <Route>
            <Empty title={t("errors.noPage")} />
          </Route>
        </Switch>
        </Suspense>
      </Boundary>
    </Shell>
  );
}
