// The API's shapes under short names. `schema.ts` is generated from openapi.json (`npm run generate`).
import type { components } from "./schema";

type Schemas = components["schemas"];

export type Run = Schemas["RunOut"];
export type RunDetail = Schemas["RunDetail"];
export type LinkedRun = Schemas["LinkedRun"];
export type RunPage = Schemas["RunPage"];
export type RunFields = Schemas["FieldsOut"];
export type RunGroups = Schemas["RunGroups"];
export type RunChange = Partial<Schemas["RunChange"]>;
export type BulkRequest = Pick<Schemas["BulkRequest"], "action" | "run_ids"> & { change?: RunChange };
export type BulkOut = Schemas["BulkOut"];
export type RunState = Run["state"];
export type RunKind = Run["kind"];
export type RunError = Schemas["RunError"];
export type RunProgress = Schemas["RunProgress"];
export type RunRequest = Partial<Schemas["RunRequest"]>; // everything has a default
export type RunPlan = Schemas["RunPlan"];
export type Attempt = Schemas["AttemptOut"];
export type Artifact = Schemas["ArtifactOut"];
export type Metrics = Schemas["MetricsOut"];

export type Dataset = Schemas["DatasetOut"];
export type DatasetSchema = Schemas["DatasetSchema"];
export type AvailabilityRequest = Schemas["AvailabilityRequest"];
export type Appended = Schemas["AppendOut"];
export type IncumbentAdded = Schemas["IncumbentOut"];
export type DatasetPreview = Schemas["DatasetPreviewOut"];
export type DatasetTable = Schemas["TableOut"];
export type DatasetProfile = Schemas["ProfileOut"];
export type DatasetDifference = Schemas["DifferenceOut"];
export type DatasetVersion = Schemas["DatasetVersionOut"];
export type RevisionPolicy = Schemas["RevisionPolicy"];
export type Finding = Schemas["Finding"];
export type Images = Schemas["ImagesOut"];
export type ImageAnswer = Schemas["ImageAnswer"];
export type Rows = Schemas["RowsOut"];
export type FromSource = Partial<Schemas["FromSource"]> & { source: string };

export type Model = Schemas["ModelOut"];
export type ModelDetail = Schemas["ModelDetail"];
export type ModelVersion = Schemas["VersionOut"];
export type AliasChange = Schemas["AliasChange"];
export type Promotion = Schemas["PromotionOut"];
export type LoopStep = Schemas["LoopStep"];
export type AsOf = Schemas["AsOfOut"];
export type Prediction = Schemas["PredictOut"];
export type PredictRequest = Partial<Schemas["PredictRequest"]>;
export type RollbackTarget = Schemas["RollbackOut"];
export type WhatIf = Schemas["WhatIfOut"];
export type ScenarioRequest = Schemas["Scenario"];
export type GatePolicy = Schemas["PolicyOut"];
export type GatePolicyRequest = Partial<Omit<Schemas["PolicyRequest"], "metric" | "slices">> & { metric: string | null; slices: GuardedSlice[]; reason: string };
export type GuardedSlice = Omit<Schemas["GuardedSlice"], "by"> & { by: string };
export type Deployment = Schemas["DeploymentOut"];
export type Lineage = Schemas["LineageOut"];
export type ModelCard = Schemas["CardOut"];
export type StoredEvaluation = Schemas["EvaluationOut"];

export type Schedule = Schemas["ScheduleOut"];
export type Fire = Schemas["FireOut"];
export type Timing = Partial<Schemas["Timing"]>;
export type Times = Schemas["TimesOut"];
export type ScheduleRequest = Partial<Omit<Schemas["ScheduleRequest"], "run">> & { name: string; run: RunRequest };

export type Automation = Schemas["AutomationOut"];
export type AutomationWhen = Automation["when"];
export type AutomationStep = Automation["steps"][number];
export type AutomationFiring = Schemas["FiringOut"];
export type AutomationStepState = Schemas["StepOut"]["state"];
export type FieldFilter = Schemas["FieldFilter"];
export type DryRun = Schemas["DryRunOut"];
export type DryRunRequest = Schemas["DryRunRequest"];
export type AutomationRequest = Schemas["AutomationRequest"];
export type Measure = Schemas["MeasureOut"];
export type NotificationTarget = Schemas["TargetOut"];
export type TargetRequest = Schemas["TargetRequest"];
export type Notification = Schemas["NotificationOut"];
export type Freshness = Schemas["KeepFreshOut"];
export type KeepFreshRequest = Schemas["KeepFreshRequest"];

export type Feed = Schemas["FeedOut"];
export type FeedColumn = Schemas["FeedColumn"];
export type FeedRow = Schemas["FeedRowOut"];
export type FeedRowIn = Partial<Schemas["FeedRowIn"]> & Pick<Schemas["FeedRowIn"], "at" | "values">;
export type FeedRequest = Partial<Schemas["FeedRequest"]> & Pick<Schemas["FeedRequest"], "name">;
export type CutRequest = Partial<Schemas["CutRequest"]>;
export type Learner = Schemas["LearnerOut"];
export type LearnerRequest = Partial<Schemas["LearnerRequest"]> & Pick<Schemas["LearnerRequest"], "name" | "feed" | "plugin"> & { target: Partial<Schemas["Target-Input"]> & { column: string } };
export type LearnerScore = Schemas["LearnerScore"];
export type LearnerHours = Schemas["LearnerHours"];
export type LearnerAnswer = Schemas["AnswerOut"];
export type LearnerTimeline = Schemas["LearnerTimeline"];
export type LearnerCopy = Partial<Schemas["CopyRequest"]> & { name: string };
export type LearnerCommand = Partial<Schemas["CommandRequest"]> & { action: string };
export type Study = Schemas["StudyOut"];
export type StudyDetail = Schemas["StudyDetail"];
export type Trial = Schemas["TrialOut"];
export type StudyImportance = Schemas["ImportanceOut"];
export type SearchSpace = Schemas["SpaceOut"];
export type SearchRange = Schemas["SearchRange"];
export type StudyRequest = Partial<Omit<Schemas["StudyRequest"], "pruner">> & Pick<Schemas["StudyRequest"], "name" | "plugin" | "dataset" | "space"> & { pruner?: Partial<Schemas["Pruner"]> };

export type Trash = Schemas["TrashOut"];
export type TrashItem = Schemas["TrashItem"];
export type Purged = Schemas["PurgeOut"];
export type RetentionPolicy = Required<Schemas["RetentionPolicy"]>;

export type Token = Schemas["TokenOut"];
export type CreatedToken = Schemas["TokenCreated"];
export type TokenRequest = Partial<Schemas["TokenRequest"]> & { name: string };

export type Secret = Schemas["SecretOut"];

export type TaskKind = Schemas["TaskKindFacts"];
export type Plugin = Schemas["PluginOut"];
export type CurrentSession = Schemas["SessionOut"];
export type CurrentProject = Schemas["CurrentProjectOut"];

/** One event of a stream, as sent over the WebSocket; `type` determines the shape of `data`. */
export type LiveEvent = Schemas["Event"];
/** The data of an event of this type. */
export type EventData<T extends LiveEvent["type"]> = Extract<LiveEvent, { type: T }>["data"];

export type Person = Schemas["PersonOut"];
export type ProjectSize = Schemas["ProjectSize"];
export type Usage = Schemas["UsageOut"];
export type QuotaLimits = Schemas["QuotaLimits"];

export type Account = Schemas["AccountOut"];
export type BrowserSession = Schemas["BrowserSession"];

export type Member = Schemas["MemberOut"];
export type DeletedProject = Schemas["DeletedProjectOut"];
export type Invitation = Schemas["InvitationOut"];
export type InvitationLookup = Schemas["InvitationLookup"];
