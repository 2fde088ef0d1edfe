BEGIN TRANSACTION;
CREATE TABLE artifact (
	project_id VARCHAR(16) NOT NULL, 
	run_id VARCHAR(16) NOT NULL, 
	name VARCHAR(200) NOT NULL, 
	kind VARCHAR(40) NOT NULL, 
	media_type VARCHAR(100) NOT NULL, 
	bytes BIGINT NOT NULL, 
	sha256 VARCHAR(64) NOT NULL, 
	created_at BIGINT NOT NULL, 
	CONSTRAINT pk_artifact PRIMARY KEY (project_id, run_id, name), 
	CONSTRAINT fk_artifact_project_id_run_id FOREIGN KEY(project_id, run_id) REFERENCES run (project_id, id)
);
INSERT INTO "artifact" VALUES('psaliyllqyty7czy','uukktwk7h6nmjg4m','errors.npz','losses','application/octet-stream',66166,'d0eeb6c80c1d41e48631402801969dfc0632a1d3320271cc2468d959427da121',1795277666058012);
INSERT INTO "artifact" VALUES('psaliyllqyty7czy','uukktwk7h6nmjg4m','evaluation.json','evaluation','application/json',20559,'bd6201f364be0f9c5c26885dc72f991eaed83ed6826aeb51a2ef8706fadee436',1795277666070002);
INSERT INTO "artifact" VALUES('2id','2id','2name','2kind','2media_type',2,'2sha256',2);
CREATE TABLE azuraforge_schema (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT azuraforge_schema_pkc PRIMARY KEY (version_num)
);
INSERT INTO "azuraforge_schema" VALUES('0001');
CREATE TABLE checkpoint (
	project_id VARCHAR(16) NOT NULL, 
	run_id VARCHAR(16) NOT NULL, 
	phase VARCHAR(80) NOT NULL, 
	attempt INTEGER NOT NULL, 
	step BIGINT NOT NULL, 
	folder TEXT NOT NULL, 
	sha256 VARCHAR(64) NOT NULL, 
	bytes BIGINT NOT NULL, 
	created_at BIGINT NOT NULL, 
	CONSTRAINT pk_checkpoint PRIMARY KEY (project_id, run_id, phase, attempt, step), 
	CONSTRAINT fk_checkpoint_project_id_run_id FOREIGN KEY(project_id, run_id) REFERENCES run (project_id, id)
);
INSERT INTO "checkpoint" VALUES('psaliyllqyty7czy','uukktwk7h6nmjg4m','fit',1,473,'checkpoints/fit/1/473','28d37e9c4c8e111ed0839db17fe768e52757f3c4be0ba8a55da2d003bb071bc5',396407,1795277655589994);
INSERT INTO "checkpoint" VALUES('psaliyllqyty7czy','uukktwk7h6nmjg4m','fit',1,484,'checkpoints/fit/1/484','fa379f99b770059590b260ae69bb019983912684144cdba97701b513e76ef082',396409,1795277655881001);
INSERT INTO "checkpoint" VALUES('psaliyllqyty7czy','uukktwk7h6nmjg4m','fit',1,495,'checkpoints/fit/1/495','616e0a88828dfdee4cb1944175e0558c92aee77e5809094bc4adc7120b3db70c',396409,1795277656106990);
INSERT INTO "checkpoint" VALUES('2id','2id','2phase',2,2,'{"second": [1, "ğ", null]}','2sha256',2,2);
CREATE TABLE credential (
	project_id VARCHAR(16) NOT NULL, 
	hash VARCHAR(64) NOT NULL, 
	user_id VARCHAR(16) NOT NULL, 
	id VARCHAR(16) NOT NULL, 
	kind VARCHAR(16) NOT NULL, 
	name VARCHAR(200) NOT NULL, 
	role VARCHAR(16) NOT NULL, 
	created_at BIGINT NOT NULL, 
	expires_at BIGINT, 
	used_at BIGINT, 
	CONSTRAINT pk_credential PRIMARY KEY (project_id, hash), 
	CONSTRAINT fk_credential_project_id_user_id FOREIGN KEY(project_id, user_id) REFERENCES member (project_id, user_id), 
	CONSTRAINT uq_credential_project_id_id UNIQUE (project_id, id)
);
INSERT INTO "credential" VALUES('psaliyllqyty7czy','hash of 6ce37oxf3nlco253','4jumlfag2m36zhdl','6ce37oxf3nlco253','local','command line','owner',1795277621245019,NULL,NULL);
INSERT INTO "credential" VALUES('psaliyllqyty7czy','hash of js2ovzd37dpc6hx3','4jumlfag2m36zhdl','js2ovzd37dpc6hx3','link','','owner',1795277621314019,1795278221314019,NULL);
INSERT INTO "credential" VALUES('psaliyllqyty7czy','hash of sr2s3gblthbzxk2m','4jumlfag2m36zhdl','sr2s3gblthbzxk2m','link','','owner',1795277627045993,1795278227045993,NULL);
INSERT INTO "credential" VALUES('2id','2hash','2id','2id','2kind','2name','2role',2,2,2);
CREATE TABLE dataset (
	project_id VARCHAR(16) NOT NULL, 
	id VARCHAR(16) NOT NULL, 
	name VARCHAR(100) NOT NULL, 
	created_at BIGINT NOT NULL, 
	CONSTRAINT pk_dataset PRIMARY KEY (project_id, id), 
	CONSTRAINT fk_dataset_project_id FOREIGN KEY(project_id) REFERENCES project (id), 
	CONSTRAINT uq_dataset_project_id_name UNIQUE (project_id, name)
);
INSERT INTO "dataset" VALUES('psaliyllqyty7czy','5g3klvviowgputg2','co2',1795277624399015);
INSERT INTO "dataset" VALUES('2id','2id','2name',2);
CREATE TABLE dataset_version (
	project_id VARCHAR(16) NOT NULL, 
	dataset_id VARCHAR(16) NOT NULL, 
	version INTEGER NOT NULL, 
	fingerprint VARCHAR(64) NOT NULL, 
	file_sha256 VARCHAR(64), 
	columns TEXT NOT NULL, 
	options TEXT NOT NULL, 
	rows BIGINT NOT NULL, 
	bytes BIGINT NOT NULL, 
	start_at BIGINT, 
	end_at BIGINT, 
	source VARCHAR(200) NOT NULL, 
	provenance TEXT NOT NULL, 
	findings TEXT NOT NULL, 
	created_at BIGINT NOT NULL, 
	CONSTRAINT pk_dataset_version PRIMARY KEY (project_id, dataset_id, version), 
	CONSTRAINT fk_dataset_version_project_id_dataset_id FOREIGN KEY(project_id, dataset_id) REFERENCES dataset (project_id, id), 
	CONSTRAINT uq_dataset_version_project_id_dataset_id_fingerprint UNIQUE (project_id, dataset_id, fingerprint)
);
INSERT INTO "dataset_version" VALUES('psaliyllqyty7czy','5g3klvviowgputg2',1,'3b64e8042ca3338366d8ae25e90246149acd4efcf298f949040c929a20a62cc1',NULL,'{"time":"time","target":"co2","features":[],"frequency":"1w","season":52,"timezone":"UTC","unit":"ppm"}','{"duplicates":"error","missing":"forward_fill","gaps":"auto","missing_values":{}}',2284,19345,-371174400000000,1009584000000000,'bundled','{"name":"co2","title":"Weekly atmospheric CO2, Mauna Loa, 1958-2001","citation":"Keeling, C.D. and T.P. Whorf. 2004. Atmospheric CO2 concentrations derived from flask air samples at sites in the SIO network. Carbon Dioxide Information Analysis Center, Oak Ridge National Laboratory.","licence":"public domain","package":"statsmodels","file":"co2/co2.csv","options":{"series":"co2"}}','[{"code":"target_filled","severity":"warning","count":59,"where":"bundled, row 7, column ''co2'' (1958-05-10T00:00:00+00:00)","text":{"en":"59 rows have no value of the target co2. They were kept without one: as an input the last known value stands in, but nothing is learned from them or judged by them.","tr":"59 satırda hedef co2 yok. Satırlar hedefsiz bırakıldı: girdi olarak bilinen son değer kullanılır, ama bunlardan bir şey öğrenilmez, bunlara göre değerlendirme yapılmaz."}},{"code":"frequency_found","severity":"info","count":1,"where":"","text":{"en":"One row every 1w; rows in a season: 52.","tr":"Her 1w için bir satır; bir mevsimdeki satır: 52."}}]',1795277624414987);
INSERT INTO "dataset_version" VALUES('2id','2id',2,'2fingerprint','2file_sha256','{"second": [1, "ğ", null]}','{"second": [1, "ğ", null]}',2,2,2,2,'2source','{"second": [1, "ğ", null]}','{"second": [1, "ğ", null]}',2);
CREATE TABLE evaluation (
	project_id VARCHAR(16) NOT NULL, 
	run_id VARCHAR(16) NOT NULL, 
	model_id VARCHAR(16) NOT NULL, 
	version INTEGER, 
	dataset_id VARCHAR(16) NOT NULL, 
	target VARCHAR(200) NOT NULL, 
	test_start_at BIGINT NOT NULL, 
	test_end_at BIGINT NOT NULL, 
	evaluation TEXT NOT NULL, 
	verdict TEXT NOT NULL, 
	losses_artifact VARCHAR(200), 
	created_at BIGINT NOT NULL, 
	CONSTRAINT pk_evaluation PRIMARY KEY (project_id, run_id), 
	CONSTRAINT fk_evaluation_project_id_model_id FOREIGN KEY(project_id, model_id) REFERENCES model (project_id, id)
);
INSERT INTO "evaluation" VALUES('psaliyllqyty7czy','uukktwk7h6nmjg4m','dolk3j7lkjhjhrl2',1,'5g3klvviowgputg2','co2',802742400000000,1009584000000000,'{"cut":true}','{"decision":"baseline_promoted","champion":"forecasting.ridge","reasons":[{"code":"no_champion_before","params":{},"text":{"en":"There was no champion before.","tr":"Daha önce bir şampiyon yoktu."}},{"code":"not_better_than_best_baseline","params":{"a":"forecasting.lstm","b":"forecasting.ridge","relative_difference":-0.1276033832774271,"low":-0.2805503264438668,"high":0.09689916826039216,"level":0.95,"origins":336},"text":{"en":"forecasting.lstm does not beat the best baseline forecasting.ridge by more than noise: RMSE −12.8 %, interval −28.1 % to +9.7 %.","tr":"forecasting.lstm, en iyi temel yöntem olan forecasting.ridge karşısında gürültüyü aşan bir üstünlük göstermiyor: RMSE −%12,8, güven aralığı −%28,1 ile +%9,7 arası."}},{"code":"baseline_promoted","params":{"champion":"forecasting.ridge"},"text":{"en":"The best baseline forecasting.ridge becomes champion.","tr":"En iyi temel yöntem olan forecasting.ridge şampiyon oluyor."}}]}','errors.npz',1795277666266983);
INSERT INTO "evaluation" VALUES('2id','2run_id','2id',2,'2dataset_id','2target',2,2,'{"second": [1, "ğ", null]}','{"second": [1, "ğ", null]}','2losses_artifact',2);
CREATE TABLE event (
	project_id VARCHAR(16) NOT NULL, 
	stream VARCHAR(80) NOT NULL, 
	seq BIGINT NOT NULL, 
	type VARCHAR(40) NOT NULL, 
	data TEXT NOT NULL, 
	at BIGINT NOT NULL, 
	CONSTRAINT pk_event PRIMARY KEY (project_id, stream, seq), 
	CONSTRAINT fk_event_project_id_stream FOREIGN KEY(project_id, stream) REFERENCES event_stream (project_id, stream)
)
 WITHOUT ROWID

;
INSERT INTO "event" VALUES('2id','2stream',2,'2type','{"second": [1, "ğ", null]}',2);
INSERT INTO "event" VALUES('psaliyllqyty7czy','project',1,'dataset.added','{"dataset_id":"5g3klvviowgputg2","name":"co2","version":1,"rows":2284}',1795277624422994);
INSERT INTO "event" VALUES('psaliyllqyty7czy','project',2,'run.state','{"run_id":"uukktwk7h6nmjg4m","kind":"train","name":"forecasting.lstm on co2","model":"co2","state":"queued","attempt":0,"cancel_requested":false}',1795277626953014);
INSERT INTO "event" VALUES('psaliyllqyty7czy','project',3,'run.state','{"run_id":"uukktwk7h6nmjg4m","kind":"train","name":"forecasting.lstm on co2","model":"co2","state":"running","attempt":1,"cancel_requested":false}',1795277626995983);
INSERT INTO "event" VALUES('psaliyllqyty7czy','project',4,'model.version_added','{"model":"co2","version":1,"run_id":"uukktwk7h6nmjg4m"}',1795277666202007);
INSERT INTO "event" VALUES('psaliyllqyty7czy','project',5,'model.version_added','{"model":"co2","version":2,"run_id":"uukktwk7h6nmjg4m"}',1795277666265012);
INSERT INTO "event" VALUES('psaliyllqyty7czy','project',6,'model.promoted','{"model":"co2","alias":"champion","version":2,"previous_version":null,"reason":"There was no champion before. forecasting.lstm does not beat the best baseline forecasting.ridge by more than noise: RMSE −12.8 %, interval −28.1 % to +9.7 %. The best baseline forecasting.ridge becomes champion.","by":"gate","run_id":"uukktwk7h6nmjg4m"}',1795277666293980);
INSERT INTO "event" VALUES('psaliyllqyty7czy','project',7,'run.state','{"run_id":"uukktwk7h6nmjg4m","kind":"train","name":"forecasting.lstm on co2","model":"co2","state":"succeeded","attempt":1,"cancel_requested":false}',1795277666327011);
INSERT INTO "event" VALUES('psaliyllqyty7czy','run/uukktwk7h6nmjg4m',1,'run.state','{"state":"queued","attempt":0,"cancel_requested":false}',1795277626952009);
INSERT INTO "event" VALUES('psaliyllqyty7czy','run/uukktwk7h6nmjg4m',2,'run.state','{"state":"running","attempt":1,"cancel_requested":false}',1795277626995018);
INSERT INTO "event" VALUES('psaliyllqyty7czy','run/uukktwk7h6nmjg4m',3,'run.phase','{"name":"split","index":1,"count":null}',1795277627013002);
INSERT INTO "event" VALUES('psaliyllqyty7czy','run/uukktwk7h6nmjg4m',4,'run.phase','{"name":"fit","index":2,"count":null}',1795277628908988);
INSERT INTO "event" VALUES('psaliyllqyty7czy','run/uukktwk7h6nmjg4m',5,'run.metrics','{}',1795277631123018);
INSERT INTO "event" VALUES('psaliyllqyty7czy','run/uukktwk7h6nmjg4m',6,'run.progress','{"phase":"fit","done":1,"total":660,"note":"epoch 1","share":0.0211,"rate_per_second":0.4516,"seconds_left":2043.8}',1795277631160998);
INSERT INTO "event" VALUES('psaliyllqyty7czy','run/uukktwk7h6nmjg4m',7,'run.metrics','{}',1795277631259006);
CREATE TABLE event_stream (
	project_id VARCHAR(16) NOT NULL, 
	stream VARCHAR(80) NOT NULL, 
	last_seq BIGINT NOT NULL, 
	CONSTRAINT pk_event_stream PRIMARY KEY (project_id, stream), 
	CONSTRAINT fk_event_stream_project_id FOREIGN KEY(project_id) REFERENCES project (id)
);
INSERT INTO "event_stream" VALUES('psaliyllqyty7czy','project',7);
INSERT INTO "event_stream" VALUES('psaliyllqyty7czy','run/uukktwk7h6nmjg4m',7);
INSERT INTO "event_stream" VALUES('2id','2stream',2);
CREATE TABLE member (
	project_id VARCHAR(16) NOT NULL, 
	user_id VARCHAR(16) NOT NULL, 
	role VARCHAR(16) NOT NULL, 
	created_at BIGINT NOT NULL, 
	CONSTRAINT pk_member PRIMARY KEY (project_id, user_id), 
	CONSTRAINT fk_member_project_id FOREIGN KEY(project_id) REFERENCES project (id), 
	CONSTRAINT fk_member_user_id FOREIGN KEY(user_id) REFERENCES user_account (id)
);
INSERT INTO "member" VALUES('psaliyllqyty7czy','4jumlfag2m36zhdl','owner',1795277619007010);
INSERT INTO "member" VALUES('2id','2id','2role',2);
CREATE TABLE metric_chunk (
	project_id VARCHAR(16) NOT NULL, 
	run_id VARCHAR(16) NOT NULL, 
	series VARCHAR(200) NOT NULL, 
	first_step BIGINT NOT NULL, 
	last_step BIGINT NOT NULL, 
	points INTEGER NOT NULL, 
	low DOUBLE, 
	high DOUBLE, 
	data BLOB NOT NULL, 
	CONSTRAINT pk_metric_chunk PRIMARY KEY (project_id, run_id, series, first_step), 
	CONSTRAINT fk_metric_chunk_project_id_run_id FOREIGN KEY(project_id, run_id) REFERENCES run (project_id, id)
);
INSERT INTO "metric_chunk" VALUES('2id','2id','2series',2,2,2,0.1,0.1,X'00FF207365636F6E64');
CREATE TABLE metric_series (
	project_id VARCHAR(16) NOT NULL, 
	run_id VARCHAR(16) NOT NULL, 
	series VARCHAR(200) NOT NULL, 
	phase VARCHAR(80) NOT NULL, 
	number INTEGER NOT NULL, 
	tail_points INTEGER NOT NULL, 
	sealed_points INTEGER NOT NULL, 
	sealed_through BIGINT, 
	CONSTRAINT pk_metric_series PRIMARY KEY (project_id, run_id, series), 
	CONSTRAINT fk_metric_series_project_id_run_id FOREIGN KEY(project_id, run_id) REFERENCES run (project_id, id)
);
INSERT INTO "metric_series" VALUES('psaliyllqyty7czy','uukktwk7h6nmjg4m','loss','fit',0,495,0,NULL);
INSERT INTO "metric_series" VALUES('psaliyllqyty7czy','uukktwk7h6nmjg4m','validation_loss','fit',1,45,0,NULL);
INSERT INTO "metric_series" VALUES('psaliyllqyty7czy','uukktwk7h6nmjg4m','learning_rate','fit',2,45,0,NULL);
INSERT INTO "metric_series" VALUES('2id','2id','2series','2phase',2,2,2,2);
CREATE TABLE metric_tail (
	project_id VARCHAR(16) NOT NULL, 
	run_id VARCHAR(16) NOT NULL, 
	series VARCHAR(200) NOT NULL, 
	step BIGINT NOT NULL, 
	attempt INTEGER NOT NULL, 
	value DOUBLE, 
	CONSTRAINT pk_metric_tail PRIMARY KEY (project_id, run_id, series, step), 
	CONSTRAINT fk_metric_tail_project_id_run_id FOREIGN KEY(project_id, run_id) REFERENCES run (project_id, id)
)
 WITHOUT ROWID

;
INSERT INTO "metric_tail" VALUES('2id','2id','2series',2,2,0.1);
INSERT INTO "metric_tail" VALUES('psaliyllqyty7czy','uukktwk7h6nmjg4m','learning_rate',11,1,3.63636363636363668574e-04);
INSERT INTO "metric_tail" VALUES('psaliyllqyty7czy','uukktwk7h6nmjg4m','loss',1,1,1.22364766895771026611e-01);
INSERT INTO "metric_tail" VALUES('psaliyllqyty7czy','uukktwk7h6nmjg4m','loss',2,1,1.22781760990619659423e-01);
INSERT INTO "metric_tail" VALUES('psaliyllqyty7czy','uukktwk7h6nmjg4m','loss',3,1,1.15249156951904296875e-01);
INSERT INTO "metric_tail" VALUES('psaliyllqyty7czy','uukktwk7h6nmjg4m','loss',4,1,1.19742169976234436035e-01);
INSERT INTO "metric_tail" VALUES('psaliyllqyty7czy','uukktwk7h6nmjg4m','loss',5,1,1.25572115182876586914e-01);
INSERT INTO "metric_tail" VALUES('psaliyllqyty7czy','uukktwk7h6nmjg4m','loss',6,1,1.16137124598026275634e-01);
INSERT INTO "metric_tail" VALUES('psaliyllqyty7czy','uukktwk7h6nmjg4m','loss',7,1,1.19378335773944854736e-01);
INSERT INTO "metric_tail" VALUES('psaliyllqyty7czy','uukktwk7h6nmjg4m','loss',8,1,1.25073790550231933593e-01);
INSERT INTO "metric_tail" VALUES('psaliyllqyty7czy','uukktwk7h6nmjg4m','loss',9,1,1.181758195161819458e-01);
INSERT INTO "metric_tail" VALUES('psaliyllqyty7czy','uukktwk7h6nmjg4m','loss',10,1,1.20433211326599121093e-01);
INSERT INTO "metric_tail" VALUES('psaliyllqyty7czy','uukktwk7h6nmjg4m','loss',11,1,9.66722816228866577148e-02);
INSERT INTO "metric_tail" VALUES('psaliyllqyty7czy','uukktwk7h6nmjg4m','validation_loss',11,1,1.2973836064338684082e-01);
CREATE TABLE model (
	project_id VARCHAR(16) NOT NULL, 
	id VARCHAR(16) NOT NULL, 
	name VARCHAR(200) NOT NULL, 
	last_version INTEGER NOT NULL, 
	last_change INTEGER NOT NULL, 
	created_at BIGINT NOT NULL, 
	CONSTRAINT pk_model PRIMARY KEY (project_id, id), 
	CONSTRAINT fk_model_project_id FOREIGN KEY(project_id) REFERENCES project (id), 
	CONSTRAINT uq_model_project_id_name UNIQUE (project_id, name)
);
INSERT INTO "model" VALUES('psaliyllqyty7czy','dolk3j7lkjhjhrl2','co2',2,1,1795277666190017);
INSERT INTO "model" VALUES('2id','2id','2name',2,2,2);
CREATE TABLE model_alias (
	project_id VARCHAR(16) NOT NULL, 
	model_id VARCHAR(16) NOT NULL, 
	alias VARCHAR(40) NOT NULL, 
	version INTEGER NOT NULL, 
	change INTEGER NOT NULL, 
	CONSTRAINT pk_model_alias PRIMARY KEY (project_id, model_id, alias), 
	CONSTRAINT fk_model_alias_project_id_model_id_change FOREIGN KEY(project_id, model_id, change) REFERENCES model_alias_change (project_id, model_id, seq), 
	CONSTRAINT fk_model_alias_project_id_model_id_version FOREIGN KEY(project_id, model_id, version) REFERENCES model_version (project_id, model_id, version)
);
INSERT INTO "model_alias" VALUES('psaliyllqyty7czy','dolk3j7lkjhjhrl2','champion',2,1);
INSERT INTO "model_alias" VALUES('2id','2id','2alias',2,2);
CREATE TABLE model_alias_change (
	project_id VARCHAR(16) NOT NULL, 
	model_id VARCHAR(16) NOT NULL, 
	seq INTEGER NOT NULL, 
	alias VARCHAR(40) NOT NULL, 
	version INTEGER NOT NULL, 
	previous_version INTEGER, 
	below INTEGER, 
	action VARCHAR(16) NOT NULL, 
	reason TEXT NOT NULL, 
	"by" VARCHAR(200) NOT NULL, 
	run_id VARCHAR(16), 
	at BIGINT NOT NULL, 
	CONSTRAINT pk_model_alias_change PRIMARY KEY (project_id, model_id, seq), 
	CONSTRAINT fk_model_alias_change_project_id_model_id_version FOREIGN KEY(project_id, model_id, version) REFERENCES model_version (project_id, model_id, version)
);
INSERT INTO "model_alias_change" VALUES('psaliyllqyty7czy','dolk3j7lkjhjhrl2',1,'champion',2,NULL,NULL,'promote','There was no champion before. forecasting.lstm does not beat the best baseline forecasting.ridge by more than noise: RMSE −12.8 %, interval −28.1 % to +9.7 %. The best baseline forecasting.ridge becomes champion.','gate','uukktwk7h6nmjg4m',1795277666275996);
INSERT INTO "model_alias_change" VALUES('2id','2id',2,'2alias',2,2,2,'2action','{"second": [1, "ğ", null]}','2by','2run_id',2);
CREATE TABLE model_version (
	project_id VARCHAR(16) NOT NULL, 
	model_id VARCHAR(16) NOT NULL, 
	version INTEGER NOT NULL, 
	content_hash VARCHAR(64) NOT NULL, 
	weights_sha256 VARCHAR(64), 
	bytes BIGINT NOT NULL, 
	kind VARCHAR(40) NOT NULL, 
	plugin VARCHAR(200) NOT NULL, 
	plugin_version VARCHAR(100), 
	config TEXT NOT NULL, 
	schema TEXT NOT NULL, 
	run_id VARCHAR(16) NOT NULL, 
	dataset_id VARCHAR(16), 
	dataset_version INTEGER, 
	dataset_fingerprint VARCHAR(80), 
	learned_from TEXT NOT NULL, 
	code_version VARCHAR(100) NOT NULL, 
	seed BIGINT NOT NULL, 
	parent_version INTEGER, 
	metrics TEXT, 
	created_at BIGINT NOT NULL, 
	CONSTRAINT pk_model_version PRIMARY KEY (project_id, model_id, version), 
	CONSTRAINT fk_model_version_project_id_model_id FOREIGN KEY(project_id, model_id) REFERENCES model (project_id, id)
);
INSERT INTO "model_version" VALUES('psaliyllqyty7czy','dolk3j7lkjhjhrl2',1,'431d3e7a157563edf6d53beeb6a6c431b3312ee804915f4f666e944552b8f58d','cc260a34f3c8f15e273f0aa826776aedb79b71546774e8452772117550a5f7de',83638,'forecast','forecasting.lstm','0.1.0','{"horizon":8,"season":null,"validation_share":0.15,"test_share":0.15,"gap":0,"window":null,"transform":"none","calendar":true,"features":true,"epochs":60,"max_steps":3000,"patience":10,"batch_size":128,"learning_rate":0.002,"weight_decay":0.001,"clip_norm":1.0,"loss":"mse","hidden_size":48,"num_layers":1,"dropout":0.1,"lstm_rows":24,"linear":true}','{"time":"time","target":"co2","features":[],"frequency":"1w","season":52,"timezone":"UTC","unit":"ppm"}','uukktwk7h6nmjg4m','5g3klvviowgputg2',1,'3b64e8042ca3338366d8ae25e90246149acd4efcf298f949040c929a20a62cc1','{"start":"1958-03-29T00:00:00Z","end":"1995-06-03T00:00:00Z","rows":1941,"parts":{"train":{"rows":1598,"start":"1958-03-29T00:00:00Z","end":"1988-11-05T00:00:00Z"},"validation":{"rows":343,"start":"1988-11-12T00:00:00Z","end":"1995-06-03T00:00:00Z"}}}','0.1.0+h675627d74983',7,NULL,'{"rmse":0.4555119766641294,"mae":0.36065400672149356,"mase":0.28700099018065656,"smape":0.09843823054828972,"r2":0.9864510746547747,"coverage":0.9118303571428571,"skill":0.1276033832776683}',1795277666194000);
INSERT INTO "model_version" VALUES('psaliyllqyty7czy','dolk3j7lkjhjhrl2',2,'ac844d28c98180c874f9594412dc3eba0dbd4f92f8b5b026037d7b0df8decb05','5f67ad2cf671b695c32056926313707640da3e3ca9eced7afba0be1cbcfc45d6',4240,'forecast','forecasting.ridge','0.1.0','{"horizon":8,"season":null,"validation_share":0.15,"test_share":0.15,"gap":0}','{"time":"time","target":"co2","features":[],"frequency":"1w","season":52,"timezone":"UTC","unit":"ppm"}','uukktwk7h6nmjg4m','5g3klvviowgputg2',1,'3b64e8042ca3338366d8ae25e90246149acd4efcf298f949040c929a20a62cc1','{"start":"1958-03-29T00:00:00Z","end":"1995-06-03T00:00:00Z","rows":1941,"parts":{"train":{"rows":1598,"start":"1958-03-29T00:00:00Z","end":"1988-11-05T00:00:00Z"},"validation":{"rows":343,"start":"1988-11-12T00:00:00Z","end":"1995-06-03T00:00:00Z"}}}','0.1.0+h675627d74983',7,NULL,'{"rmse":0.5221386327419822,"mae":0.40820087243977127,"mase":0.3248378013259996,"smape":0.11132132958846473,"r2":0.9821976676530352,"coverage":0.9211309523809523,"skill":0.0}',1795277666203013);
INSERT INTO "model_version" VALUES('2id','2id',2,'2content_hash','2weights_sha256',2,'2kind','2plugin','2plugin_version','{"second": [1, "ğ", null]}','{"second": [1, "ğ", null]}','2run_id','2dataset_id',2,'2dataset_fingerprint','{"second": [1, "ğ", null]}','2code_version',2,2,'{"second": [1, "ğ", null]}',2);
CREATE TABLE phase_reach (
	project_id VARCHAR(16) NOT NULL, 
	run_id VARCHAR(16) NOT NULL, 
	phase VARCHAR(80) NOT NULL, 
	step BIGINT NOT NULL, 
	CONSTRAINT pk_phase_reach PRIMARY KEY (project_id, run_id, phase), 
	CONSTRAINT fk_phase_reach_project_id_run_id FOREIGN KEY(project_id, run_id) REFERENCES run (project_id, id)
);
INSERT INTO "phase_reach" VALUES('psaliyllqyty7czy','uukktwk7h6nmjg4m','fit',495);
INSERT INTO "phase_reach" VALUES('2id','2id','2phase',2);
CREATE TABLE prediction (
	project_id VARCHAR(16) NOT NULL, 
	id VARCHAR(16) NOT NULL, 
	model_id VARCHAR(16) NOT NULL, 
	version INTEGER NOT NULL, 
	alias VARCHAR(40), 
	"by" VARCHAR(200) NOT NULL, 
	inputs TEXT NOT NULL, 
	target VARCHAR(200) NOT NULL, 
	unit VARCHAR(40) NOT NULL, 
	interval DOUBLE, 
	origin_at BIGINT NOT NULL, 
	matures_at BIGINT NOT NULL, 
	points TEXT NOT NULL, 
	outcome TEXT, 
	judged_at BIGINT, 
	created_at BIGINT NOT NULL, 
	CONSTRAINT pk_prediction PRIMARY KEY (project_id, id), 
	CONSTRAINT fk_prediction_project_id_model_id_version FOREIGN KEY(project_id, model_id, version) REFERENCES model_version (project_id, model_id, version)
);
INSERT INTO "prediction" VALUES('2id','2id','2id',2,'2alias','2by','{"second": [1, "ğ", null]}','2target','2unit',0.1,2,2,'{"second": [1, "ğ", null]}','{"second": [1, "ğ", null]}',2,2);
CREATE TABLE project (
	id VARCHAR(16) NOT NULL, 
	slug VARCHAR(64) NOT NULL, 
	name VARCHAR(200) NOT NULL, 
	created_at BIGINT NOT NULL, 
	CONSTRAINT pk_project PRIMARY KEY (id), 
	CONSTRAINT uq_project_slug UNIQUE (slug)
);
INSERT INTO "project" VALUES('psaliyllqyty7czy','default','Default',1795277619004999);
INSERT INTO "project" VALUES('2id','2slug','2name',2);
CREATE TABLE run (
	project_id VARCHAR(16) NOT NULL, 
	id VARCHAR(16) NOT NULL, 
	kind VARCHAR(40) NOT NULL, 
	name VARCHAR(200) NOT NULL, 
	created_by VARCHAR(16), 
	idempotency_key VARCHAR(200), 
	request_hash VARCHAR(64) NOT NULL, 
	plugin VARCHAR(200), 
	plugin_version VARCHAR(100), 
	model VARCHAR(200), 
	config TEXT NOT NULL, 
	extra TEXT NOT NULL, 
	seed BIGINT NOT NULL, 
	threads INTEGER NOT NULL, 
	dataset_id VARCHAR(16), 
	dataset_name VARCHAR(200), 
	dataset_version INTEGER, 
	dataset_fingerprint VARCHAR(80), 
	code_version VARCHAR(100) NOT NULL, 
	environment TEXT, 
	bit_reproducible BOOLEAN NOT NULL, 
	state VARCHAR(20) NOT NULL, 
	priority INTEGER NOT NULL, 
	attempt INTEGER NOT NULL, 
	worker VARCHAR(100), 
	lease_until BIGINT, 
	run_after BIGINT, 
	cancel_requested BOOLEAN NOT NULL, 
	deaths INTEGER NOT NULL, 
	transient_failures INTEGER NOT NULL, 
	progress TEXT NOT NULL, 
	summary TEXT, 
	error TEXT, 
	created_at BIGINT NOT NULL, 
	started_at BIGINT, 
	finished_at BIGINT, 
	CONSTRAINT pk_run PRIMARY KEY (project_id, id), 
	CONSTRAINT fk_run_project_id FOREIGN KEY(project_id) REFERENCES project (id), 
	CONSTRAINT uq_run_project_id_idempotency_key UNIQUE (project_id, idempotency_key)
);
INSERT INTO "run" VALUES('psaliyllqyty7czy','uukktwk7h6nmjg4m','train','forecasting.lstm on co2','4jumlfag2m36zhdl',NULL,'3e6084514fa058858793e92409a74b3f9207d9de3d35638cbfa26ddb45619d07','forecasting.lstm','0.1.0','co2','{"horizon":8,"season":null,"validation_share":0.15,"test_share":0.15,"gap":0,"window":null,"transform":"none","calendar":true,"features":true,"epochs":60,"max_steps":3000,"patience":10,"batch_size":128,"learning_rate":0.002,"weight_decay":0.001,"clip_norm":1.0,"loss":"mse","hidden_size":48,"num_layers":1,"dropout":0.1,"lstm_rows":24,"linear":true}','{"task":"forecast"}',7,1,'5g3klvviowgputg2','co2',1,'3b64e8042ca3338366d8ae25e90246149acd4efcf298f949040c929a20a62cc1','0.1.0+h675627d74983','{"python":"3.11.7","numpy":"2.4.6","system":"Linux x86_64","backend":"reference","instruction_set":"avx512f","package":"675627d74983ad243420c8f9e7e56b3765b1350311667c3c669f7ee3b383a4db","threads":1}',1,'succeeded',0,1,'host:1:abcdef',NULL,NULL,0,0,0,'{"phase":"judge","done":0,"total":0,"note":"","share":1.0,"rate_per_second":null,"seconds_left":0.0}','{"model":"co2","decision":"baseline_promoted","champion":"forecasting.ridge","winner":"forecasting.lstm","best_baseline":"forecasting.ridge","metrics":{"rmse":0.4555119766641294,"mae":0.36065400672149356,"mase":0.28700099018065656,"smape":0.09843823054828972,"r2":0.9864510746547747,"coverage":0.9118303571428571,"skill":0.1276033832776683},"weights_sha256":"cc260a34f3c8f15e273f0aa826776aedb79b71546774e8452772117550a5f7de","failed_baselines":[],"version":1,"champion_version":2}',NULL,1795277626934990,1795277626961986,1795277666308987);
INSERT INTO "run" VALUES('2id','2id','2kind','2name','2created_by','2idempotency_key','2request_hash','2plugin','2plugin_version','2model','{"second": [1, "ğ", null]}','{"second": [1, "ğ", null]}',2,2,'2dataset_id','2dataset_name',2,'2dataset_fingerprint','2code_version','{"second": [1, "ğ", null]}',1,'2state',2,2,'2worker',2,2,1,2,2,'{"second": [1, "ğ", null]}','{"second": [1, "ğ", null]}','{"second": [1, "ğ", null]}',2,2,2);
CREATE TABLE run_attempt (
	project_id VARCHAR(16) NOT NULL, 
	run_id VARCHAR(16) NOT NULL, 
	attempt INTEGER NOT NULL, 
	worker VARCHAR(100) NOT NULL, 
	environment TEXT, 
	started_at BIGINT NOT NULL, 
	ended_at BIGINT, 
	outcome VARCHAR(20), 
	reason TEXT, 
	resumed_from_step BIGINT, 
	steps_recomputed BIGINT, 
	CONSTRAINT pk_run_attempt PRIMARY KEY (project_id, run_id, attempt), 
	CONSTRAINT fk_run_attempt_project_id_run_id FOREIGN KEY(project_id, run_id) REFERENCES run (project_id, id)
);
INSERT INTO "run_attempt" VALUES('psaliyllqyty7czy','uukktwk7h6nmjg4m',1,'host:1:abcdef','{"python":"3.11.7","numpy":"2.4.6","system":"Linux x86_64","backend":"reference","instruction_set":"avx512f","package":"675627d74983ad243420c8f9e7e56b3765b1350311667c3c669f7ee3b383a4db","threads":1}',1795277626993006,1795277666309993,'succeeded',NULL,NULL,NULL);
INSERT INTO "run_attempt" VALUES('2id','2id',2,'2worker','{"second": [1, "ğ", null]}',2,2,'2outcome','{"second": [1, "ğ", null]}',2,2);
CREATE TABLE run_figure (
	project_id VARCHAR(16) NOT NULL, 
	run_id VARCHAR(16) NOT NULL, 
	name VARCHAR(200) NOT NULL, 
	data TEXT NOT NULL, 
	CONSTRAINT pk_run_figure PRIMARY KEY (project_id, run_id, name), 
	CONSTRAINT fk_run_figure_project_id_run_id FOREIGN KEY(project_id, run_id) REFERENCES run (project_id, id)
);
INSERT INTO "run_figure" VALUES('psaliyllqyty7czy','uukktwk7h6nmjg4m','forecast','{"cut":true}');
INSERT INTO "run_figure" VALUES('2id','2id','2name','{"second": [1, "ğ", null]}');
CREATE TABLE run_note (
	project_id VARCHAR(16) NOT NULL, 
	run_id VARCHAR(16) NOT NULL, 
	number INTEGER NOT NULL, 
	attempt INTEGER NOT NULL, 
	markdown TEXT NOT NULL, 
	CONSTRAINT pk_run_note PRIMARY KEY (project_id, run_id, number), 
	CONSTRAINT fk_run_note_project_id_run_id FOREIGN KEY(project_id, run_id) REFERENCES run (project_id, id)
);
INSERT INTO "run_note" VALUES('2id','2id',2,2,'{"second": [1, "ğ", null]}');
CREATE TABLE run_phase (
	project_id VARCHAR(16) NOT NULL, 
	run_id VARCHAR(16) NOT NULL, 
	name VARCHAR(80) NOT NULL, 
	attempt INTEGER NOT NULL, 
	payload_hash VARCHAR(64) NOT NULL, 
	result TEXT NOT NULL, 
	folder TEXT NOT NULL, 
	sha256 VARCHAR(64) NOT NULL, 
	ended_at BIGINT NOT NULL, 
	CONSTRAINT pk_run_phase PRIMARY KEY (project_id, run_id, name), 
	CONSTRAINT fk_run_phase_project_id_run_id FOREIGN KEY(project_id, run_id) REFERENCES run (project_id, id)
);
INSERT INTO "run_phase" VALUES('psaliyllqyty7czy','uukktwk7h6nmjg4m','split',1,'9ef116cdf5fe48d6c836a5fe3ccf3224848732784c73841236685cf5b0969d34','{"ranges":{"train":[0,1598],"validation":[1598,1941],"test":[1941,2284]},"parts":{"train":{"rows":1598,"start":"1958-03-29T00:00:00Z","end":"1988-11-05T00:00:00Z"},"validation":{"rows":343,"start":"1988-11-12T00:00:00Z","end":"1995-06-03T00:00:00Z"},"test":{"rows":343,"start":"1995-06-10T00:00:00Z","end":"2001-12-29T00:00:00Z"}},"horizon":8,"season":52}','phases/split/1/outputs','e58ed36511ba2d8e794bec0bd696cdcf094e9b9e485d38734cb5219546dc29c7',1795277628863002);
INSERT INTO "run_phase" VALUES('psaliyllqyty7czy','uukktwk7h6nmjg4m','fit',1,'297533dbc33a7088feb68e162c3923597f25ad78efdba34b68da46d1b884636a','{"weights_sha256":"cc260a34f3c8f15e273f0aa826776aedb79b71546774e8452772117550a5f7de","seconds":25.642}','phases/fit/1/outputs','065e8aff8455c81f92bcb31e39ddfc9cec7ba9a6471a6495c47e19d179163e33',1795277656160017);
INSERT INTO "run_phase" VALUES('psaliyllqyty7czy','uukktwk7h6nmjg4m','fit_baselines',1,'7d36200093ad7050f59bd5a20ba1bf287d5a989483b24c5dca0913d92a7d2d86','{"baselines":[{"name":"forecasting.naive","config":{"horizon":8,"season":null,"validation_share":0.15,"test_share":0.15,"gap":0},"weights_sha256":"4144eb9f7231a4532d2d33c13388f8955c9ba9b26bcc13bebb2149af10662755","seconds":0.026},{"name":"forecasting.seasonal_naive","config":{"horizon":8,"season":null,"validation_share":0.15,"test_share":0.15,"gap":0},"weights_sha256":"f51183edb23f1a26bd9fb09f81f874c1c9f295d454e442c5e8e355b7e6f457aa","seconds":0.001},{"name":"forecasting.random_walk_drift","config":{"horizon":8,"season":null,"validation_share":0.15,"test_share":0.15,"gap":0},"weights_sha256":"4eaf5381bbcba7538dc05617ac79833f376929d792532c20a3ad9d7eea715294","seconds":0.005},{"name":"forecasting.ets","config":{"horizon":8,"season":null,"validation_share":0.15,"test_share":0.15,"gap":0},"weights_sha256":"5db0777da278d8f44a3ae1f2545fcfeceedbd5bb6c995cd4f8e1a610415ef8b7","seconds":2.234},{"name":"forecasting.ridge","config":{"horizon":8,"season":null,"validation_share":0.15,"test_share":0.15,"gap":0},"weights_sha256":"5f67ad2cf671b695c32056926313707640da3e3ca9eced7afba0be1cbcfc45d6","seconds":0.305}]}','phases/fit_baselines/1/outputs','d4f982976c6922f4c0e8ef1e939b66296d4e06d1e10186511808e139e926aa6b',1795277659904998);
INSERT INTO "run_phase" VALUES('psaliyllqyty7czy','uukktwk7h6nmjg4m','hold_out',1,'4e3ecfc185d49a669dab217a85fd18c208df4aafc1148499e54fd6d3bc5a982d','{"origins":336}','phases/hold_out/1/outputs','5bb9851d3b1a8b85d6ebe2ddf3f504898f892450c49824d364da9e7ba244405d',1795277660794995);
INSERT INTO "run_phase" VALUES('psaliyllqyty7czy','uukktwk7h6nmjg4m','predict',1,'7a04375438d3c3cbaac4464bb1840a0a968612098df1a921c52060159d68506d','{"problem":null}','phases/predict/1/outputs','2205bedee3c857b40dd0b5659468eaa83f6c631b9f7427844a5c31b161cd90c4',1795277661710983);
INSERT INTO "run_phase" VALUES('psaliyllqyty7czy','uukktwk7h6nmjg4m','predict_baselines',1,'b2b51be949708cc72edbb82df46dd66f7ec80a1ffdc05f22ba5ca13285c09ca0','{"baselines":[{"name":"forecasting.naive"},{"name":"forecasting.seasonal_naive"},{"name":"forecasting.random_walk_drift"},{"name":"forecasting.ets"},{"name":"forecasting.ridge"}]}','phases/predict_baselines/1/outputs','f854bfc0e3d9d4d24a57cd87131cd206ee78d66fab27899370728c82808ca6f6',1795277663746015);
INSERT INTO "run_phase" VALUES('psaliyllqyty7czy','uukktwk7h6nmjg4m','judge',1,'11ebca9e4e2d31d769ccf06920335fab55cb9eabdc67f89772cffd7e58cf09d1','{"cut":true}','phases/judge/1/outputs','b715b65f31fe461dd5725342c84c79b07fa6d815ff68eed423f68f1ce8460201',1795277666040994);
INSERT INTO "run_phase" VALUES('2id','2id','2name',2,'2payload_hash','{"second": [1, "ğ", null]}','{"second": [1, "ğ", null]}','2sha256',2);
CREATE TABLE user_account (
	id VARCHAR(16) NOT NULL, 
	name VARCHAR(200) NOT NULL, 
	created_at BIGINT NOT NULL, 
	CONSTRAINT pk_user_account PRIMARY KEY (id), 
	CONSTRAINT uq_user_account_name UNIQUE (name)
);
INSERT INTO "user_account" VALUES('4jumlfag2m36zhdl','owner',1795277619006005);
INSERT INTO "user_account" VALUES('2id','2name',2);
CREATE INDEX ix_run_project_id_created_at_id ON run (project_id, created_at, id);
CREATE INDEX ix_run_state_priority_created_at ON run (state, priority, created_at);
CREATE INDEX ix_credential_hash ON credential (hash);
CREATE INDEX ix_evaluation_project_id_dataset_id_target ON evaluation (project_id, dataset_id, target);
CREATE INDEX ix_model_version_project_id_run_id ON model_version (project_id, run_id);
CREATE INDEX ix_prediction_project_id_matures_at ON prediction (project_id, matures_at);
CREATE INDEX ix_prediction_project_id_model_id_created_at ON prediction (project_id, model_id, created_at);
COMMIT;
