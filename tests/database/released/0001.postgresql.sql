SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;
SET default_tablespace = '';
SET default_table_access_method = heap;
CREATE TABLE public.artifact (
    project_id character varying(16) NOT NULL,
    run_id character varying(16) NOT NULL,
    name character varying(200) NOT NULL,
    kind character varying(40) NOT NULL,
    media_type character varying(100) NOT NULL,
    bytes bigint NOT NULL,
    sha256 character varying(64) NOT NULL,
    created_at timestamp with time zone NOT NULL
);
CREATE TABLE public.azuraforge_schema (
    version_num character varying(32) NOT NULL
);
CREATE TABLE public.checkpoint (
    project_id character varying(16) NOT NULL,
    run_id character varying(16) NOT NULL,
    phase character varying(80) NOT NULL,
    attempt integer NOT NULL,
    step bigint NOT NULL,
    folder text NOT NULL,
    sha256 character varying(64) NOT NULL,
    bytes bigint NOT NULL,
    created_at timestamp with time zone NOT NULL
);
CREATE TABLE public.credential (
    project_id character varying(16) NOT NULL,
    hash character varying(64) NOT NULL,
    user_id character varying(16) NOT NULL,
    id character varying(16) NOT NULL,
    kind character varying(16) NOT NULL,
    name character varying(200) NOT NULL,
    role character varying(16) NOT NULL,
    created_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone,
    used_at timestamp with time zone
);
CREATE TABLE public.dataset (
    project_id character varying(16) NOT NULL,
    id character varying(16) NOT NULL,
    name character varying(100) NOT NULL,
    created_at timestamp with time zone NOT NULL
);
CREATE TABLE public.dataset_version (
    project_id character varying(16) NOT NULL,
    dataset_id character varying(16) NOT NULL,
    version integer NOT NULL,
    fingerprint character varying(64) NOT NULL,
    file_sha256 character varying(64),
    columns json NOT NULL,
    options json NOT NULL,
    rows bigint NOT NULL,
    bytes bigint NOT NULL,
    start_at timestamp with time zone,
    end_at timestamp with time zone,
    source character varying(200) NOT NULL,
    provenance json NOT NULL,
    findings json NOT NULL,
    created_at timestamp with time zone NOT NULL
);
CREATE TABLE public.evaluation (
    project_id character varying(16) NOT NULL,
    run_id character varying(16) NOT NULL,
    model_id character varying(16) NOT NULL,
    version integer,
    dataset_id character varying(16) NOT NULL,
    target character varying(200) NOT NULL,
    test_start_at timestamp with time zone NOT NULL,
    test_end_at timestamp with time zone NOT NULL,
    evaluation json NOT NULL,
    verdict json NOT NULL,
    losses_artifact character varying(200),
    created_at timestamp with time zone NOT NULL
);
CREATE TABLE public.event (
    project_id character varying(16) NOT NULL,
    stream character varying(80) NOT NULL,
    seq bigint NOT NULL,
    type character varying(40) NOT NULL,
    data json NOT NULL,
    at timestamp with time zone NOT NULL
);
CREATE TABLE public.event_stream (
    project_id character varying(16) NOT NULL,
    stream character varying(80) NOT NULL,
    last_seq bigint NOT NULL
);
CREATE TABLE public.member (
    project_id character varying(16) NOT NULL,
    user_id character varying(16) NOT NULL,
    role character varying(16) NOT NULL,
    created_at timestamp with time zone NOT NULL
);
CREATE TABLE public.metric_chunk (
    project_id character varying(16) NOT NULL,
    run_id character varying(16) NOT NULL,
    series character varying(200) NOT NULL,
    first_step bigint NOT NULL,
    last_step bigint NOT NULL,
    points integer NOT NULL,
    low double precision,
    high double precision,
    data bytea NOT NULL
);
CREATE TABLE public.metric_series (
    project_id character varying(16) NOT NULL,
    run_id character varying(16) NOT NULL,
    series character varying(200) NOT NULL,
    phase character varying(80) NOT NULL,
    number integer NOT NULL,
    tail_points integer NOT NULL,
    sealed_points integer NOT NULL,
    sealed_through bigint
);
CREATE TABLE public.metric_tail (
    project_id character varying(16) NOT NULL,
    run_id character varying(16) NOT NULL,
    series character varying(200) NOT NULL,
    step bigint NOT NULL,
    attempt integer NOT NULL,
    value double precision
);
CREATE TABLE public.model (
    project_id character varying(16) NOT NULL,
    id character varying(16) NOT NULL,
    name character varying(200) NOT NULL,
    last_version integer NOT NULL,
    last_change integer NOT NULL,
    created_at timestamp with time zone NOT NULL
);
CREATE TABLE public.model_alias (
    project_id character varying(16) NOT NULL,
    model_id character varying(16) NOT NULL,
    alias character varying(40) NOT NULL,
    version integer NOT NULL,
    change integer NOT NULL
);
CREATE TABLE public.model_alias_change (
    project_id character varying(16) NOT NULL,
    model_id character varying(16) NOT NULL,
    seq integer NOT NULL,
    alias character varying(40) NOT NULL,
    version integer NOT NULL,
    previous_version integer,
    below integer,
    action character varying(16) NOT NULL,
    reason text NOT NULL,
    by character varying(200) NOT NULL,
    run_id character varying(16),
    at timestamp with time zone NOT NULL
);
CREATE TABLE public.model_version (
    project_id character varying(16) NOT NULL,
    model_id character varying(16) NOT NULL,
    version integer NOT NULL,
    content_hash character varying(64) NOT NULL,
    weights_sha256 character varying(64),
    bytes bigint NOT NULL,
    kind character varying(40) NOT NULL,
    plugin character varying(200) NOT NULL,
    plugin_version character varying(100),
    config json NOT NULL,
    schema json NOT NULL,
    run_id character varying(16) NOT NULL,
    dataset_id character varying(16),
    dataset_version integer,
    dataset_fingerprint character varying(80),
    learned_from json NOT NULL,
    code_version character varying(100) NOT NULL,
    seed bigint NOT NULL,
    parent_version integer,
    metrics json,
    created_at timestamp with time zone NOT NULL
);
CREATE TABLE public.phase_reach (
    project_id character varying(16) NOT NULL,
    run_id character varying(16) NOT NULL,
    phase character varying(80) NOT NULL,
    step bigint NOT NULL
);
CREATE TABLE public.prediction (
    project_id character varying(16) NOT NULL,
    id character varying(16) NOT NULL,
    model_id character varying(16) NOT NULL,
    version integer NOT NULL,
    alias character varying(40),
    by character varying(200) NOT NULL,
    inputs json NOT NULL,
    target character varying(200) NOT NULL,
    unit character varying(40) NOT NULL,
    "interval" double precision,
    origin_at timestamp with time zone NOT NULL,
    matures_at timestamp with time zone NOT NULL,
    points json NOT NULL,
    outcome json,
    judged_at timestamp with time zone,
    created_at timestamp with time zone NOT NULL
);
CREATE TABLE public.project (
    id character varying(16) NOT NULL,
    slug character varying(64) NOT NULL,
    name character varying(200) NOT NULL,
    created_at timestamp with time zone NOT NULL
);
CREATE TABLE public.run (
    project_id character varying(16) NOT NULL,
    id character varying(16) NOT NULL,
    kind character varying(40) NOT NULL,
    name character varying(200) NOT NULL,
    created_by character varying(16),
    idempotency_key character varying(200),
    request_hash character varying(64) NOT NULL,
    plugin character varying(200),
    plugin_version character varying(100),
    model character varying(200),
    config json NOT NULL,
    extra json NOT NULL,
    seed bigint NOT NULL,
    threads integer NOT NULL,
    dataset_id character varying(16),
    dataset_name character varying(200),
    dataset_version integer,
    dataset_fingerprint character varying(80),
    code_version character varying(100) NOT NULL,
    environment json,
    bit_reproducible boolean NOT NULL,
    state character varying(20) NOT NULL,
    priority integer NOT NULL,
    attempt integer NOT NULL,
    worker character varying(100),
    lease_until timestamp with time zone,
    run_after timestamp with time zone,
    cancel_requested boolean NOT NULL,
    deaths integer NOT NULL,
    transient_failures integer NOT NULL,
    progress json NOT NULL,
    summary json,
    error json,
    created_at timestamp with time zone NOT NULL,
    started_at timestamp with time zone,
    finished_at timestamp with time zone
);
CREATE TABLE public.run_attempt (
    project_id character varying(16) NOT NULL,
    run_id character varying(16) NOT NULL,
    attempt integer NOT NULL,
    worker character varying(100) NOT NULL,
    environment json,
    started_at timestamp with time zone NOT NULL,
    ended_at timestamp with time zone,
    outcome character varying(20),
    reason text,
    resumed_from_step bigint,
    steps_recomputed bigint
);
CREATE TABLE public.run_figure (
    project_id character varying(16) NOT NULL,
    run_id character varying(16) NOT NULL,
    name character varying(200) NOT NULL,
    data json NOT NULL
);
CREATE TABLE public.run_note (
    project_id character varying(16) NOT NULL,
    run_id character varying(16) NOT NULL,
    number integer NOT NULL,
    attempt integer NOT NULL,
    markdown text NOT NULL
);
CREATE TABLE public.run_phase (
    project_id character varying(16) NOT NULL,
    run_id character varying(16) NOT NULL,
    name character varying(80) NOT NULL,
    attempt integer NOT NULL,
    payload_hash character varying(64) NOT NULL,
    result json NOT NULL,
    folder text NOT NULL,
    sha256 character varying(64) NOT NULL,
    ended_at timestamp with time zone NOT NULL
);
CREATE TABLE public.user_account (
    id character varying(16) NOT NULL,
    name character varying(200) NOT NULL,
    created_at timestamp with time zone NOT NULL
);
INSERT INTO public.artifact VALUES ('psaliyllqyty7czy', 'uukktwk7h6nmjg4m', 'errors.npz', 'losses', 'application/octet-stream', 66166, 'd0eeb6c80c1d41e48631402801969dfc0632a1d3320271cc2468d959427da121', '2026-11-21 16:14:26.058012+00');
INSERT INTO public.artifact VALUES ('psaliyllqyty7czy', 'uukktwk7h6nmjg4m', 'evaluation.json', 'evaluation', 'application/json', 20559, 'bd6201f364be0f9c5c26885dc72f991eaed83ed6826aeb51a2ef8706fadee436', '2026-11-21 16:14:26.070002+00');
INSERT INTO public.artifact VALUES ('2id', '2id', '2name', '2kind', '2media_type', 2, '2sha256', '1970-01-01 00:00:00.000002+00');
INSERT INTO public.azuraforge_schema VALUES ('0001');
INSERT INTO public.checkpoint VALUES ('psaliyllqyty7czy', 'uukktwk7h6nmjg4m', 'fit', 1, 473, 'checkpoints/fit/1/473', '28d37e9c4c8e111ed0839db17fe768e52757f3c4be0ba8a55da2d003bb071bc5', 396407, '2026-11-21 16:14:15.589994+00');
INSERT INTO public.checkpoint VALUES ('psaliyllqyty7czy', 'uukktwk7h6nmjg4m', 'fit', 1, 484, 'checkpoints/fit/1/484', 'fa379f99b770059590b260ae69bb019983912684144cdba97701b513e76ef082', 396409, '2026-11-21 16:14:15.881001+00');
INSERT INTO public.checkpoint VALUES ('psaliyllqyty7czy', 'uukktwk7h6nmjg4m', 'fit', 1, 495, 'checkpoints/fit/1/495', '616e0a88828dfdee4cb1944175e0558c92aee77e5809094bc4adc7120b3db70c', 396409, '2026-11-21 16:14:16.10699+00');
INSERT INTO public.checkpoint VALUES ('2id', '2id', '2phase', 2, 2, '{"second": [1, "ğ", null]}', '2sha256', 2, '1970-01-01 00:00:00.000002+00');
INSERT INTO public.credential VALUES ('psaliyllqyty7czy', 'hash of 6ce37oxf3nlco253', '4jumlfag2m36zhdl', '6ce37oxf3nlco253', 'local', 'command line', 'owner', '2026-11-21 16:13:41.245019+00', NULL, NULL);
INSERT INTO public.credential VALUES ('psaliyllqyty7czy', 'hash of js2ovzd37dpc6hx3', '4jumlfag2m36zhdl', 'js2ovzd37dpc6hx3', 'link', '', 'owner', '2026-11-21 16:13:41.314019+00', '2026-11-21 16:23:41.314019+00', NULL);
INSERT INTO public.credential VALUES ('psaliyllqyty7czy', 'hash of sr2s3gblthbzxk2m', '4jumlfag2m36zhdl', 'sr2s3gblthbzxk2m', 'link', '', 'owner', '2026-11-21 16:13:47.045993+00', '2026-11-21 16:23:47.045993+00', NULL);
INSERT INTO public.credential VALUES ('2id', '2hash', '2id', '2id', '2kind', '2name', '2role', '1970-01-01 00:00:00.000002+00', '1970-01-01 00:00:00.000002+00', '1970-01-01 00:00:00.000002+00');
INSERT INTO public.dataset VALUES ('psaliyllqyty7czy', '5g3klvviowgputg2', 'co2', '2026-11-21 16:13:44.399015+00');
INSERT INTO public.dataset VALUES ('2id', '2id', '2name', '1970-01-01 00:00:00.000002+00');
INSERT INTO public.dataset_version VALUES ('psaliyllqyty7czy', '5g3klvviowgputg2', 1, '3b64e8042ca3338366d8ae25e90246149acd4efcf298f949040c929a20a62cc1', NULL, '{"time": "time", "target": "co2", "features": [], "frequency": "1w", "season": 52, "timezone": "UTC", "unit": "ppm"}', '{"duplicates": "error", "missing": "forward_fill", "gaps": "auto", "missing_values": {}}', 2284, 19345, '1958-03-29 00:00:00+00', '2001-12-29 00:00:00+00', 'bundled', '{"name": "co2", "title": "Weekly atmospheric CO2, Mauna Loa, 1958-2001", "citation": "Keeling, C.D. and T.P. Whorf. 2004. Atmospheric CO2 concentrations derived from flask air samples at sites in the SIO network. Carbon Dioxide Information Analysis Center, Oak Ridge National Laboratory.", "licence": "public domain", "package": "statsmodels", "file": "co2/co2.csv", "options": {"series": "co2"}}', '[{"code": "target_filled", "severity": "warning", "count": 59, "where": "bundled, row 7, column ''co2'' (1958-05-10T00:00:00+00:00)", "text": {"en": "59 rows have no value of the target co2. They were kept without one: as an input the last known value stands in, but nothing is learned from them or judged by them.", "tr": "59 sat\u0131rda hedef co2 yok. Sat\u0131rlar hedefsiz b\u0131rak\u0131ld\u0131: girdi olarak bilinen son de\u011fer kullan\u0131l\u0131r, ama bunlardan bir \u015fey \u00f6\u011frenilmez, bunlara g\u00f6re de\u011ferlendirme yap\u0131lmaz."}}, {"code": "frequency_found", "severity": "info", "count": 1, "where": "", "text": {"en": "One row every 1w; rows in a season: 52.", "tr": "Her 1w i\u00e7in bir sat\u0131r; bir mevsimdeki sat\u0131r: 52."}}]', '2026-11-21 16:13:44.414987+00');
INSERT INTO public.dataset_version VALUES ('2id', '2id', 2, '2fingerprint', '2file_sha256', '{"second": [1, "\u011f", null]}', '{"second": [1, "\u011f", null]}', 2, 2, '1970-01-01 00:00:00.000002+00', '1970-01-01 00:00:00.000002+00', '2source', '{"second": [1, "\u011f", null]}', '{"second": [1, "\u011f", null]}', '1970-01-01 00:00:00.000002+00');
INSERT INTO public.evaluation VALUES ('psaliyllqyty7czy', 'uukktwk7h6nmjg4m', 'dolk3j7lkjhjhrl2', 1, '5g3klvviowgputg2', 'co2', '1995-06-10 00:00:00+00', '2001-12-29 00:00:00+00', '{"cut": true}', '{"decision": "baseline_promoted", "champion": "forecasting.ridge", "reasons": [{"code": "no_champion_before", "params": {}, "text": {"en": "There was no champion before.", "tr": "Daha \u00f6nce bir \u015fampiyon yoktu."}}, {"code": "not_better_than_best_baseline", "params": {"a": "forecasting.lstm", "b": "forecasting.ridge", "relative_difference": -0.1276033832774271, "low": -0.2805503264438668, "high": 0.09689916826039216, "level": 0.95, "origins": 336}, "text": {"en": "forecasting.lstm does not beat the best baseline forecasting.ridge by more than noise: RMSE \u221212.8 %, interval \u221228.1 % to +9.7 %.", "tr": "forecasting.lstm, en iyi temel y\u00f6ntem olan forecasting.ridge kar\u015f\u0131s\u0131nda g\u00fcr\u00fclt\u00fcy\u00fc a\u015fan bir \u00fcst\u00fcnl\u00fck g\u00f6stermiyor: RMSE \u2212%12,8, g\u00fcven aral\u0131\u011f\u0131 \u2212%28,1 ile +%9,7 aras\u0131."}}, {"code": "baseline_promoted", "params": {"champion": "forecasting.ridge"}, "text": {"en": "The best baseline forecasting.ridge becomes champion.", "tr": "En iyi temel y\u00f6ntem olan forecasting.ridge \u015fampiyon oluyor."}}]}', 'errors.npz', '2026-11-21 16:14:26.266983+00');
INSERT INTO public.evaluation VALUES ('2id', '2run_id', '2id', 2, '2dataset_id', '2target', '1970-01-01 00:00:00.000002+00', '1970-01-01 00:00:00.000002+00', '{"second": [1, "\u011f", null]}', '{"second": [1, "\u011f", null]}', '2losses_artifact', '1970-01-01 00:00:00.000002+00');
INSERT INTO public.event VALUES ('2id', '2stream', 2, '2type', '{"second": [1, "\u011f", null]}', '1970-01-01 00:00:00.000002+00');
INSERT INTO public.event VALUES ('psaliyllqyty7czy', 'project', 1, 'dataset.added', '{"dataset_id": "5g3klvviowgputg2", "name": "co2", "version": 1, "rows": 2284}', '2026-11-21 16:13:44.422994+00');
INSERT INTO public.event VALUES ('psaliyllqyty7czy', 'project', 2, 'run.state', '{"run_id": "uukktwk7h6nmjg4m", "kind": "train", "name": "forecasting.lstm on co2", "model": "co2", "state": "queued", "attempt": 0, "cancel_requested": false}', '2026-11-21 16:13:46.953014+00');
INSERT INTO public.event VALUES ('psaliyllqyty7czy', 'project', 3, 'run.state', '{"run_id": "uukktwk7h6nmjg4m", "kind": "train", "name": "forecasting.lstm on co2", "model": "co2", "state": "running", "attempt": 1, "cancel_requested": false}', '2026-11-21 16:13:46.995983+00');
INSERT INTO public.event VALUES ('psaliyllqyty7czy', 'project', 4, 'model.version_added', '{"model": "co2", "version": 1, "run_id": "uukktwk7h6nmjg4m"}', '2026-11-21 16:14:26.202007+00');
INSERT INTO public.event VALUES ('psaliyllqyty7czy', 'project', 5, 'model.version_added', '{"model": "co2", "version": 2, "run_id": "uukktwk7h6nmjg4m"}', '2026-11-21 16:14:26.265012+00');
INSERT INTO public.event VALUES ('psaliyllqyty7czy', 'project', 6, 'model.promoted', '{"model": "co2", "alias": "champion", "version": 2, "previous_version": null, "reason": "There was no champion before. forecasting.lstm does not beat the best baseline forecasting.ridge by more than noise: RMSE \u221212.8 %, interval \u221228.1 % to +9.7 %. The best baseline forecasting.ridge becomes champion.", "by": "gate", "run_id": "uukktwk7h6nmjg4m"}', '2026-11-21 16:14:26.29398+00');
INSERT INTO public.event VALUES ('psaliyllqyty7czy', 'project', 7, 'run.state', '{"run_id": "uukktwk7h6nmjg4m", "kind": "train", "name": "forecasting.lstm on co2", "model": "co2", "state": "succeeded", "attempt": 1, "cancel_requested": false}', '2026-11-21 16:14:26.327011+00');
INSERT INTO public.event VALUES ('psaliyllqyty7czy', 'run/uukktwk7h6nmjg4m', 1, 'run.state', '{"state": "queued", "attempt": 0, "cancel_requested": false}', '2026-11-21 16:13:46.952009+00');
INSERT INTO public.event VALUES ('psaliyllqyty7czy', 'run/uukktwk7h6nmjg4m', 2, 'run.state', '{"state": "running", "attempt": 1, "cancel_requested": false}', '2026-11-21 16:13:46.995018+00');
INSERT INTO public.event VALUES ('psaliyllqyty7czy', 'run/uukktwk7h6nmjg4m', 3, 'run.phase', '{"name": "split", "index": 1, "count": null}', '2026-11-21 16:13:47.013002+00');
INSERT INTO public.event VALUES ('psaliyllqyty7czy', 'run/uukktwk7h6nmjg4m', 4, 'run.phase', '{"name": "fit", "index": 2, "count": null}', '2026-11-21 16:13:48.908988+00');
INSERT INTO public.event VALUES ('psaliyllqyty7czy', 'run/uukktwk7h6nmjg4m', 5, 'run.metrics', '{}', '2026-11-21 16:13:51.123018+00');
INSERT INTO public.event VALUES ('psaliyllqyty7czy', 'run/uukktwk7h6nmjg4m', 6, 'run.progress', '{"phase": "fit", "done": 1, "total": 660, "note": "epoch 1", "share": 0.0211, "rate_per_second": 0.4516, "seconds_left": 2043.8}', '2026-11-21 16:13:51.160998+00');
INSERT INTO public.event VALUES ('psaliyllqyty7czy', 'run/uukktwk7h6nmjg4m', 7, 'run.metrics', '{}', '2026-11-21 16:13:51.259006+00');
INSERT INTO public.event_stream VALUES ('psaliyllqyty7czy', 'project', 7);
INSERT INTO public.event_stream VALUES ('psaliyllqyty7czy', 'run/uukktwk7h6nmjg4m', 7);
INSERT INTO public.event_stream VALUES ('2id', '2stream', 2);
INSERT INTO public.member VALUES ('psaliyllqyty7czy', '4jumlfag2m36zhdl', 'owner', '2026-11-21 16:13:39.00701+00');
INSERT INTO public.member VALUES ('2id', '2id', '2role', '1970-01-01 00:00:00.000002+00');
INSERT INTO public.metric_chunk VALUES ('2id', '2id', '2series', 2, 2, 2, 0.1, 0.1, '\x00ff207365636f6e64');
INSERT INTO public.metric_series VALUES ('psaliyllqyty7czy', 'uukktwk7h6nmjg4m', 'loss', 'fit', 0, 495, 0, NULL);
INSERT INTO public.metric_series VALUES ('psaliyllqyty7czy', 'uukktwk7h6nmjg4m', 'validation_loss', 'fit', 1, 45, 0, NULL);
INSERT INTO public.metric_series VALUES ('psaliyllqyty7czy', 'uukktwk7h6nmjg4m', 'learning_rate', 'fit', 2, 45, 0, NULL);
INSERT INTO public.metric_series VALUES ('2id', '2id', '2series', '2phase', 2, 2, 2, 2);
INSERT INTO public.metric_tail VALUES ('2id', '2id', '2series', 2, 2, 0.1);
INSERT INTO public.metric_tail VALUES ('psaliyllqyty7czy', 'uukktwk7h6nmjg4m', 'learning_rate', 11, 1, 0.00036363636363636367);
INSERT INTO public.metric_tail VALUES ('psaliyllqyty7czy', 'uukktwk7h6nmjg4m', 'loss', 1, 1, 0.12236476689577103);
INSERT INTO public.metric_tail VALUES ('psaliyllqyty7czy', 'uukktwk7h6nmjg4m', 'loss', 2, 1, 0.12278176099061966);
INSERT INTO public.metric_tail VALUES ('psaliyllqyty7czy', 'uukktwk7h6nmjg4m', 'loss', 3, 1, 0.1152491569519043);
INSERT INTO public.metric_tail VALUES ('psaliyllqyty7czy', 'uukktwk7h6nmjg4m', 'loss', 4, 1, 0.11974216997623444);
INSERT INTO public.metric_tail VALUES ('psaliyllqyty7czy', 'uukktwk7h6nmjg4m', 'loss', 5, 1, 0.1255721151828766);
INSERT INTO public.metric_tail VALUES ('psaliyllqyty7czy', 'uukktwk7h6nmjg4m', 'loss', 6, 1, 0.11613712459802628);
INSERT INTO public.metric_tail VALUES ('psaliyllqyty7czy', 'uukktwk7h6nmjg4m', 'loss', 7, 1, 0.11937833577394485);
INSERT INTO public.metric_tail VALUES ('psaliyllqyty7czy', 'uukktwk7h6nmjg4m', 'loss', 8, 1, 0.12507379055023193);
INSERT INTO public.metric_tail VALUES ('psaliyllqyty7czy', 'uukktwk7h6nmjg4m', 'loss', 9, 1, 0.11817581951618195);
INSERT INTO public.metric_tail VALUES ('psaliyllqyty7czy', 'uukktwk7h6nmjg4m', 'loss', 10, 1, 0.12043321132659912);
INSERT INTO public.metric_tail VALUES ('psaliyllqyty7czy', 'uukktwk7h6nmjg4m', 'loss', 11, 1, 0.09667228162288666);
INSERT INTO public.metric_tail VALUES ('psaliyllqyty7czy', 'uukktwk7h6nmjg4m', 'validation_loss', 11, 1, 0.12973836064338684);
INSERT INTO public.model VALUES ('psaliyllqyty7czy', 'dolk3j7lkjhjhrl2', 'co2', 2, 1, '2026-11-21 16:14:26.190017+00');
INSERT INTO public.model VALUES ('2id', '2id', '2name', 2, 2, '1970-01-01 00:00:00.000002+00');
INSERT INTO public.model_alias VALUES ('psaliyllqyty7czy', 'dolk3j7lkjhjhrl2', 'champion', 2, 1);
INSERT INTO public.model_alias VALUES ('2id', '2id', '2alias', 2, 2);
INSERT INTO public.model_alias_change VALUES ('psaliyllqyty7czy', 'dolk3j7lkjhjhrl2', 1, 'champion', 2, NULL, NULL, 'promote', 'There was no champion before. forecasting.lstm does not beat the best baseline forecasting.ridge by more than noise: RMSE −12.8 %, interval −28.1 % to +9.7 %. The best baseline forecasting.ridge becomes champion.', 'gate', 'uukktwk7h6nmjg4m', '2026-11-21 16:14:26.275996+00');
INSERT INTO public.model_alias_change VALUES ('2id', '2id', 2, '2alias', 2, 2, 2, '2action', '{"second": [1, "ğ", null]}', '2by', '2run_id', '1970-01-01 00:00:00.000002+00');
INSERT INTO public.model_version VALUES ('psaliyllqyty7czy', 'dolk3j7lkjhjhrl2', 1, '431d3e7a157563edf6d53beeb6a6c431b3312ee804915f4f666e944552b8f58d', 'cc260a34f3c8f15e273f0aa826776aedb79b71546774e8452772117550a5f7de', 83638, 'forecast', 'forecasting.lstm', '0.1.0', '{"horizon": 8, "season": null, "validation_share": 0.15, "test_share": 0.15, "gap": 0, "window": null, "transform": "none", "calendar": true, "features": true, "epochs": 60, "max_steps": 3000, "patience": 10, "batch_size": 128, "learning_rate": 0.002, "weight_decay": 0.001, "clip_norm": 1.0, "loss": "mse", "hidden_size": 48, "num_layers": 1, "dropout": 0.1, "lstm_rows": 24, "linear": true}', '{"time": "time", "target": "co2", "features": [], "frequency": "1w", "season": 52, "timezone": "UTC", "unit": "ppm"}', 'uukktwk7h6nmjg4m', '5g3klvviowgputg2', 1, '3b64e8042ca3338366d8ae25e90246149acd4efcf298f949040c929a20a62cc1', '{"start": "1958-03-29T00:00:00Z", "end": "1995-06-03T00:00:00Z", "rows": 1941, "parts": {"train": {"rows": 1598, "start": "1958-03-29T00:00:00Z", "end": "1988-11-05T00:00:00Z"}, "validation": {"rows": 343, "start": "1988-11-12T00:00:00Z", "end": "1995-06-03T00:00:00Z"}}}', '0.1.0+h675627d74983', 7, NULL, '{"rmse": 0.4555119766641294, "mae": 0.36065400672149356, "mase": 0.28700099018065656, "smape": 0.09843823054828972, "r2": 0.9864510746547747, "coverage": 0.9118303571428571, "skill": 0.1276033832776683}', '2026-11-21 16:14:26.194+00');
INSERT INTO public.model_version VALUES ('psaliyllqyty7czy', 'dolk3j7lkjhjhrl2', 2, 'ac844d28c98180c874f9594412dc3eba0dbd4f92f8b5b026037d7b0df8decb05', '5f67ad2cf671b695c32056926313707640da3e3ca9eced7afba0be1cbcfc45d6', 4240, 'forecast', 'forecasting.ridge', '0.1.0', '{"horizon": 8, "season": null, "validation_share": 0.15, "test_share": 0.15, "gap": 0}', '{"time": "time", "target": "co2", "features": [], "frequency": "1w", "season": 52, "timezone": "UTC", "unit": "ppm"}', 'uukktwk7h6nmjg4m', '5g3klvviowgputg2', 1, '3b64e8042ca3338366d8ae25e90246149acd4efcf298f949040c929a20a62cc1', '{"start": "1958-03-29T00:00:00Z", "end": "1995-06-03T00:00:00Z", "rows": 1941, "parts": {"train": {"rows": 1598, "start": "1958-03-29T00:00:00Z", "end": "1988-11-05T00:00:00Z"}, "validation": {"rows": 343, "start": "1988-11-12T00:00:00Z", "end": "1995-06-03T00:00:00Z"}}}', '0.1.0+h675627d74983', 7, NULL, '{"rmse": 0.5221386327419822, "mae": 0.40820087243977127, "mase": 0.3248378013259996, "smape": 0.11132132958846473, "r2": 0.9821976676530352, "coverage": 0.9211309523809523, "skill": 0.0}', '2026-11-21 16:14:26.203013+00');
INSERT INTO public.model_version VALUES ('2id', '2id', 2, '2content_hash', '2weights_sha256', 2, '2kind', '2plugin', '2plugin_version', '{"second": [1, "\u011f", null]}', '{"second": [1, "\u011f", null]}', '2run_id', '2dataset_id', 2, '2dataset_fingerprint', '{"second": [1, "\u011f", null]}', '2code_version', 2, 2, '{"second": [1, "\u011f", null]}', '1970-01-01 00:00:00.000002+00');
INSERT INTO public.phase_reach VALUES ('psaliyllqyty7czy', 'uukktwk7h6nmjg4m', 'fit', 495);
INSERT INTO public.phase_reach VALUES ('2id', '2id', '2phase', 2);
INSERT INTO public.prediction VALUES ('2id', '2id', '2id', 2, '2alias', '2by', '{"second": [1, "\u011f", null]}', '2target', '2unit', 0.1, '1970-01-01 00:00:00.000002+00', '1970-01-01 00:00:00.000002+00', '{"second": [1, "\u011f", null]}', '{"second": [1, "\u011f", null]}', '1970-01-01 00:00:00.000002+00', '1970-01-01 00:00:00.000002+00');
INSERT INTO public.project VALUES ('psaliyllqyty7czy', 'default', 'Default', '2026-11-21 16:13:39.004999+00');
INSERT INTO public.project VALUES ('2id', '2slug', '2name', '1970-01-01 00:00:00.000002+00');
INSERT INTO public.run VALUES ('psaliyllqyty7czy', 'uukktwk7h6nmjg4m', 'train', 'forecasting.lstm on co2', '4jumlfag2m36zhdl', NULL, '3e6084514fa058858793e92409a74b3f9207d9de3d35638cbfa26ddb45619d07', 'forecasting.lstm', '0.1.0', 'co2', '{"horizon": 8, "season": null, "validation_share": 0.15, "test_share": 0.15, "gap": 0, "window": null, "transform": "none", "calendar": true, "features": true, "epochs": 60, "max_steps": 3000, "patience": 10, "batch_size": 128, "learning_rate": 0.002, "weight_decay": 0.001, "clip_norm": 1.0, "loss": "mse", "hidden_size": 48, "num_layers": 1, "dropout": 0.1, "lstm_rows": 24, "linear": true}', '{"task": "forecast"}', 7, 1, '5g3klvviowgputg2', 'co2', 1, '3b64e8042ca3338366d8ae25e90246149acd4efcf298f949040c929a20a62cc1', '0.1.0+h675627d74983', '{"python": "3.11.7", "numpy": "2.4.6", "system": "Linux x86_64", "backend": "reference", "instruction_set": "avx512f", "package": "675627d74983ad243420c8f9e7e56b3765b1350311667c3c669f7ee3b383a4db", "threads": 1}', true, 'succeeded', 0, 1, 'host:1:abcdef', NULL, NULL, false, 0, 0, '{"phase": "judge", "done": 0, "total": 0, "note": "", "share": 1.0, "rate_per_second": null, "seconds_left": 0.0}', '{"model": "co2", "decision": "baseline_promoted", "champion": "forecasting.ridge", "winner": "forecasting.lstm", "best_baseline": "forecasting.ridge", "metrics": {"rmse": 0.4555119766641294, "mae": 0.36065400672149356, "mase": 0.28700099018065656, "smape": 0.09843823054828972, "r2": 0.9864510746547747, "coverage": 0.9118303571428571, "skill": 0.1276033832776683}, "weights_sha256": "cc260a34f3c8f15e273f0aa826776aedb79b71546774e8452772117550a5f7de", "failed_baselines": [], "version": 1, "champion_version": 2}', 'null', '2026-11-21 16:13:46.93499+00', '2026-11-21 16:13:46.961986+00', '2026-11-21 16:14:26.308987+00');
INSERT INTO public.run VALUES ('2id', '2id', '2kind', '2name', '2created_by', '2idempotency_key', '2request_hash', '2plugin', '2plugin_version', '2model', '{"second": [1, "\u011f", null]}', '{"second": [1, "\u011f", null]}', 2, 2, '2dataset_id', '2dataset_name', 2, '2dataset_fingerprint', '2code_version', '{"second": [1, "\u011f", null]}', true, '2state', 2, 2, '2worker', '1970-01-01 00:00:00.000002+00', '1970-01-01 00:00:00.000002+00', true, 2, 2, '{"second": [1, "\u011f", null]}', '{"second": [1, "\u011f", null]}', '{"second": [1, "\u011f", null]}', '1970-01-01 00:00:00.000002+00', '1970-01-01 00:00:00.000002+00', '1970-01-01 00:00:00.000002+00');
INSERT INTO public.run_attempt VALUES ('psaliyllqyty7czy', 'uukktwk7h6nmjg4m', 1, 'host:1:abcdef', '{"python": "3.11.7", "numpy": "2.4.6", "system": "Linux x86_64", "backend": "reference", "instruction_set": "avx512f", "package": "675627d74983ad243420c8f9e7e56b3765b1350311667c3c669f7ee3b383a4db", "threads": 1}', '2026-11-21 16:13:46.993006+00', '2026-11-21 16:14:26.309993+00', 'succeeded', NULL, NULL, NULL);
INSERT INTO public.run_attempt VALUES ('2id', '2id', 2, '2worker', '{"second": [1, "\u011f", null]}', '1970-01-01 00:00:00.000002+00', '1970-01-01 00:00:00.000002+00', '2outcome', '{"second": [1, "ğ", null]}', 2, 2);
INSERT INTO public.run_figure VALUES ('psaliyllqyty7czy', 'uukktwk7h6nmjg4m', 'forecast', '{"cut": true}');
INSERT INTO public.run_figure VALUES ('2id', '2id', '2name', '{"second": [1, "\u011f", null]}');
INSERT INTO public.run_note VALUES ('2id', '2id', 2, 2, '{"second": [1, "ğ", null]}');
INSERT INTO public.run_phase VALUES ('psaliyllqyty7czy', 'uukktwk7h6nmjg4m', 'split', 1, '9ef116cdf5fe48d6c836a5fe3ccf3224848732784c73841236685cf5b0969d34', '{"ranges": {"train": [0, 1598], "validation": [1598, 1941], "test": [1941, 2284]}, "parts": {"train": {"rows": 1598, "start": "1958-03-29T00:00:00Z", "end": "1988-11-05T00:00:00Z"}, "validation": {"rows": 343, "start": "1988-11-12T00:00:00Z", "end": "1995-06-03T00:00:00Z"}, "test": {"rows": 343, "start": "1995-06-10T00:00:00Z", "end": "2001-12-29T00:00:00Z"}}, "horizon": 8, "season": 52}', 'phases/split/1/outputs', 'e58ed36511ba2d8e794bec0bd696cdcf094e9b9e485d38734cb5219546dc29c7', '2026-11-21 16:13:48.863002+00');
INSERT INTO public.run_phase VALUES ('psaliyllqyty7czy', 'uukktwk7h6nmjg4m', 'fit', 1, '297533dbc33a7088feb68e162c3923597f25ad78efdba34b68da46d1b884636a', '{"weights_sha256": "cc260a34f3c8f15e273f0aa826776aedb79b71546774e8452772117550a5f7de", "seconds": 25.642}', 'phases/fit/1/outputs', '065e8aff8455c81f92bcb31e39ddfc9cec7ba9a6471a6495c47e19d179163e33', '2026-11-21 16:14:16.160017+00');
INSERT INTO public.run_phase VALUES ('psaliyllqyty7czy', 'uukktwk7h6nmjg4m', 'fit_baselines', 1, '7d36200093ad7050f59bd5a20ba1bf287d5a989483b24c5dca0913d92a7d2d86', '{"baselines": [{"name": "forecasting.naive", "config": {"horizon": 8, "season": null, "validation_share": 0.15, "test_share": 0.15, "gap": 0}, "weights_sha256": "4144eb9f7231a4532d2d33c13388f8955c9ba9b26bcc13bebb2149af10662755", "seconds": 0.026}, {"name": "forecasting.seasonal_naive", "config": {"horizon": 8, "season": null, "validation_share": 0.15, "test_share": 0.15, "gap": 0}, "weights_sha256": "f51183edb23f1a26bd9fb09f81f874c1c9f295d454e442c5e8e355b7e6f457aa", "seconds": 0.001}, {"name": "forecasting.random_walk_drift", "config": {"horizon": 8, "season": null, "validation_share": 0.15, "test_share": 0.15, "gap": 0}, "weights_sha256": "4eaf5381bbcba7538dc05617ac79833f376929d792532c20a3ad9d7eea715294", "seconds": 0.005}, {"name": "forecasting.ets", "config": {"horizon": 8, "season": null, "validation_share": 0.15, "test_share": 0.15, "gap": 0}, "weights_sha256": "5db0777da278d8f44a3ae1f2545fcfeceedbd5bb6c995cd4f8e1a610415ef8b7", "seconds": 2.234}, {"name": "forecasting.ridge", "config": {"horizon": 8, "season": null, "validation_share": 0.15, "test_share": 0.15, "gap": 0}, "weights_sha256": "5f67ad2cf671b695c32056926313707640da3e3ca9eced7afba0be1cbcfc45d6", "seconds": 0.305}]}', 'phases/fit_baselines/1/outputs', 'd4f982976c6922f4c0e8ef1e939b66296d4e06d1e10186511808e139e926aa6b', '2026-11-21 16:14:19.904998+00');
INSERT INTO public.run_phase VALUES ('psaliyllqyty7czy', 'uukktwk7h6nmjg4m', 'hold_out', 1, '4e3ecfc185d49a669dab217a85fd18c208df4aafc1148499e54fd6d3bc5a982d', '{"origins": 336}', 'phases/hold_out/1/outputs', '5bb9851d3b1a8b85d6ebe2ddf3f504898f892450c49824d364da9e7ba244405d', '2026-11-21 16:14:20.794995+00');
INSERT INTO public.run_phase VALUES ('psaliyllqyty7czy', 'uukktwk7h6nmjg4m', 'predict', 1, '7a04375438d3c3cbaac4464bb1840a0a968612098df1a921c52060159d68506d', '{"problem": null}', 'phases/predict/1/outputs', '2205bedee3c857b40dd0b5659468eaa83f6c631b9f7427844a5c31b161cd90c4', '2026-11-21 16:14:21.710983+00');
INSERT INTO public.run_phase VALUES ('psaliyllqyty7czy', 'uukktwk7h6nmjg4m', 'predict_baselines', 1, 'b2b51be949708cc72edbb82df46dd66f7ec80a1ffdc05f22ba5ca13285c09ca0', '{"baselines": [{"name": "forecasting.naive"}, {"name": "forecasting.seasonal_naive"}, {"name": "forecasting.random_walk_drift"}, {"name": "forecasting.ets"}, {"name": "forecasting.ridge"}]}', 'phases/predict_baselines/1/outputs', 'f854bfc0e3d9d4d24a57cd87131cd206ee78d66fab27899370728c82808ca6f6', '2026-11-21 16:14:23.746015+00');
INSERT INTO public.run_phase VALUES ('psaliyllqyty7czy', 'uukktwk7h6nmjg4m', 'judge', 1, '11ebca9e4e2d31d769ccf06920335fab55cb9eabdc67f89772cffd7e58cf09d1', '{"cut": true}', 'phases/judge/1/outputs', 'b715b65f31fe461dd5725342c84c79b07fa6d815ff68eed423f68f1ce8460201', '2026-11-21 16:14:26.040994+00');
INSERT INTO public.run_phase VALUES ('2id', '2id', '2name', 2, '2payload_hash', '{"second": [1, "\u011f", null]}', '{"second": [1, "ğ", null]}', '2sha256', '1970-01-01 00:00:00.000002+00');
INSERT INTO public.user_account VALUES ('4jumlfag2m36zhdl', 'owner', '2026-11-21 16:13:39.006005+00');
INSERT INTO public.user_account VALUES ('2id', '2name', '1970-01-01 00:00:00.000002+00');
ALTER TABLE ONLY public.azuraforge_schema
    ADD CONSTRAINT azuraforge_schema_pkc PRIMARY KEY (version_num);
ALTER TABLE ONLY public.artifact
    ADD CONSTRAINT pk_artifact PRIMARY KEY (project_id, run_id, name);
ALTER TABLE ONLY public.checkpoint
    ADD CONSTRAINT pk_checkpoint PRIMARY KEY (project_id, run_id, phase, attempt, step);
ALTER TABLE ONLY public.credential
    ADD CONSTRAINT pk_credential PRIMARY KEY (project_id, hash);
ALTER TABLE ONLY public.dataset
    ADD CONSTRAINT pk_dataset PRIMARY KEY (project_id, id);
ALTER TABLE ONLY public.dataset_version
    ADD CONSTRAINT pk_dataset_version PRIMARY KEY (project_id, dataset_id, version);
ALTER TABLE ONLY public.evaluation
    ADD CONSTRAINT pk_evaluation PRIMARY KEY (project_id, run_id);
ALTER TABLE ONLY public.event
    ADD CONSTRAINT pk_event PRIMARY KEY (project_id, stream, seq);
ALTER TABLE ONLY public.event_stream
    ADD CONSTRAINT pk_event_stream PRIMARY KEY (project_id, stream);
ALTER TABLE ONLY public.member
    ADD CONSTRAINT pk_member PRIMARY KEY (project_id, user_id);
ALTER TABLE ONLY public.metric_chunk
    ADD CONSTRAINT pk_metric_chunk PRIMARY KEY (project_id, run_id, series, first_step);
ALTER TABLE ONLY public.metric_series
    ADD CONSTRAINT pk_metric_series PRIMARY KEY (project_id, run_id, series);
ALTER TABLE ONLY public.metric_tail
    ADD CONSTRAINT pk_metric_tail PRIMARY KEY (project_id, run_id, series, step);
ALTER TABLE ONLY public.model
    ADD CONSTRAINT pk_model PRIMARY KEY (project_id, id);
ALTER TABLE ONLY public.model_alias
    ADD CONSTRAINT pk_model_alias PRIMARY KEY (project_id, model_id, alias);
ALTER TABLE ONLY public.model_alias_change
    ADD CONSTRAINT pk_model_alias_change PRIMARY KEY (project_id, model_id, seq);
ALTER TABLE ONLY public.model_version
    ADD CONSTRAINT pk_model_version PRIMARY KEY (project_id, model_id, version);
ALTER TABLE ONLY public.phase_reach
    ADD CONSTRAINT pk_phase_reach PRIMARY KEY (project_id, run_id, phase);
ALTER TABLE ONLY public.prediction
    ADD CONSTRAINT pk_prediction PRIMARY KEY (project_id, id);
ALTER TABLE ONLY public.project
    ADD CONSTRAINT pk_project PRIMARY KEY (id);
ALTER TABLE ONLY public.run
    ADD CONSTRAINT pk_run PRIMARY KEY (project_id, id);
ALTER TABLE ONLY public.run_attempt
    ADD CONSTRAINT pk_run_attempt PRIMARY KEY (project_id, run_id, attempt);
ALTER TABLE ONLY public.run_figure
    ADD CONSTRAINT pk_run_figure PRIMARY KEY (project_id, run_id, name);
ALTER TABLE ONLY public.run_note
    ADD CONSTRAINT pk_run_note PRIMARY KEY (project_id, run_id, number);
ALTER TABLE ONLY public.run_phase
    ADD CONSTRAINT pk_run_phase PRIMARY KEY (project_id, run_id, name);
ALTER TABLE ONLY public.user_account
    ADD CONSTRAINT pk_user_account PRIMARY KEY (id);
ALTER TABLE ONLY public.credential
    ADD CONSTRAINT uq_credential_project_id_id UNIQUE (project_id, id);
ALTER TABLE ONLY public.dataset
    ADD CONSTRAINT uq_dataset_project_id_name UNIQUE (project_id, name);
ALTER TABLE ONLY public.dataset_version
    ADD CONSTRAINT uq_dataset_version_project_id_dataset_id_fingerprint UNIQUE (project_id, dataset_id, fingerprint);
ALTER TABLE ONLY public.model
    ADD CONSTRAINT uq_model_project_id_name UNIQUE (project_id, name);
ALTER TABLE ONLY public.project
    ADD CONSTRAINT uq_project_slug UNIQUE (slug);
ALTER TABLE ONLY public.run
    ADD CONSTRAINT uq_run_project_id_idempotency_key UNIQUE (project_id, idempotency_key);
ALTER TABLE ONLY public.user_account
    ADD CONSTRAINT uq_user_account_name UNIQUE (name);
CREATE INDEX ix_credential_hash ON public.credential USING btree (hash);
CREATE INDEX ix_evaluation_project_id_dataset_id_target ON public.evaluation USING btree (project_id, dataset_id, target);
CREATE INDEX ix_model_version_project_id_run_id ON public.model_version USING btree (project_id, run_id);
CREATE INDEX ix_prediction_project_id_matures_at ON public.prediction USING btree (project_id, matures_at);
CREATE INDEX ix_prediction_project_id_model_id_created_at ON public.prediction USING btree (project_id, model_id, created_at);
CREATE INDEX ix_run_project_id_created_at_id ON public.run USING btree (project_id, created_at, id);
CREATE INDEX ix_run_state_priority_created_at ON public.run USING btree (state, priority, created_at);
ALTER TABLE ONLY public.artifact
    ADD CONSTRAINT fk_artifact_project_id_run_id FOREIGN KEY (project_id, run_id) REFERENCES public.run(project_id, id);
ALTER TABLE ONLY public.checkpoint
    ADD CONSTRAINT fk_checkpoint_project_id_run_id FOREIGN KEY (project_id, run_id) REFERENCES public.run(project_id, id);
ALTER TABLE ONLY public.credential
    ADD CONSTRAINT fk_credential_project_id_user_id FOREIGN KEY (project_id, user_id) REFERENCES public.member(project_id, user_id);
ALTER TABLE ONLY public.dataset
    ADD CONSTRAINT fk_dataset_project_id FOREIGN KEY (project_id) REFERENCES public.project(id);
ALTER TABLE ONLY public.dataset_version
    ADD CONSTRAINT fk_dataset_version_project_id_dataset_id FOREIGN KEY (project_id, dataset_id) REFERENCES public.dataset(project_id, id);
ALTER TABLE ONLY public.evaluation
    ADD CONSTRAINT fk_evaluation_project_id_model_id FOREIGN KEY (project_id, model_id) REFERENCES public.model(project_id, id);
ALTER TABLE ONLY public.event
    ADD CONSTRAINT fk_event_project_id_stream FOREIGN KEY (project_id, stream) REFERENCES public.event_stream(project_id, stream);
ALTER TABLE ONLY public.event_stream
    ADD CONSTRAINT fk_event_stream_project_id FOREIGN KEY (project_id) REFERENCES public.project(id);
ALTER TABLE ONLY public.member
    ADD CONSTRAINT fk_member_project_id FOREIGN KEY (project_id) REFERENCES public.project(id);
ALTER TABLE ONLY public.member
    ADD CONSTRAINT fk_member_user_id FOREIGN KEY (user_id) REFERENCES public.user_account(id);
ALTER TABLE ONLY public.metric_chunk
    ADD CONSTRAINT fk_metric_chunk_project_id_run_id FOREIGN KEY (project_id, run_id) REFERENCES public.run(project_id, id);
ALTER TABLE ONLY public.metric_series
    ADD CONSTRAINT fk_metric_series_project_id_run_id FOREIGN KEY (project_id, run_id) REFERENCES public.run(project_id, id);
ALTER TABLE ONLY public.metric_tail
    ADD CONSTRAINT fk_metric_tail_project_id_run_id FOREIGN KEY (project_id, run_id) REFERENCES public.run(project_id, id);
ALTER TABLE ONLY public.model_alias_change
    ADD CONSTRAINT fk_model_alias_change_project_id_model_id_version FOREIGN KEY (project_id, model_id, version) REFERENCES public.model_version(project_id, model_id, version);
ALTER TABLE ONLY public.model_alias
    ADD CONSTRAINT fk_model_alias_project_id_model_id_change FOREIGN KEY (project_id, model_id, change) REFERENCES public.model_alias_change(project_id, model_id, seq);
ALTER TABLE ONLY public.model_alias
    ADD CONSTRAINT fk_model_alias_project_id_model_id_version FOREIGN KEY (project_id, model_id, version) REFERENCES public.model_version(project_id, model_id, version);
ALTER TABLE ONLY public.model
    ADD CONSTRAINT fk_model_project_id FOREIGN KEY (project_id) REFERENCES public.project(id);
ALTER TABLE ONLY public.model_version
    ADD CONSTRAINT fk_model_version_project_id_model_id FOREIGN KEY (project_id, model_id) REFERENCES public.model(project_id, id);
ALTER TABLE ONLY public.phase_reach
    ADD CONSTRAINT fk_phase_reach_project_id_run_id FOREIGN KEY (project_id, run_id) REFERENCES public.run(project_id, id);
ALTER TABLE ONLY public.prediction
    ADD CONSTRAINT fk_prediction_project_id_model_id_version FOREIGN KEY (project_id, model_id, version) REFERENCES public.model_version(project_id, model_id, version);
ALTER TABLE ONLY public.run_attempt
    ADD CONSTRAINT fk_run_attempt_project_id_run_id FOREIGN KEY (project_id, run_id) REFERENCES public.run(project_id, id);
ALTER TABLE ONLY public.run_figure
    ADD CONSTRAINT fk_run_figure_project_id_run_id FOREIGN KEY (project_id, run_id) REFERENCES public.run(project_id, id);
ALTER TABLE ONLY public.run_note
    ADD CONSTRAINT fk_run_note_project_id_run_id FOREIGN KEY (project_id, run_id) REFERENCES public.run(project_id, id);
ALTER TABLE ONLY public.run_phase
    ADD CONSTRAINT fk_run_phase_project_id_run_id FOREIGN KEY (project_id, run_id) REFERENCES public.run(project_id, id);
ALTER TABLE ONLY public.run
    ADD CONSTRAINT fk_run_project_id FOREIGN KEY (project_id) REFERENCES public.project(id);
