package settings

import "github.com/sluice-gitops/sluice/strictyaml"

// Schema returns the JSON Schema of the daemon's own file.
func Schema() map[string]any {
	schema := strictyaml.Schema(Settings{}, Keys())
	schema["title"] = "The daemon's own file of Sluice: where the gateways are, and how to log in to them"
	return schema
}

// Keys says what the keys of the daemon's own file mean.
func Keys() strictyaml.Keys {
	var keys strictyaml.Keys
	for _, part := range []strictyaml.Keys{repositoryKeys(), groupKeys(), gatewayKeys(), daemonKeys(), accessKeys(), secretKeys()} {
		keys = append(keys, part...)
	}
	return keys
}

func repositoryKeys() strictyaml.Keys {
	return strictyaml.Keys{
		{Path: "repository", Meaning: "the config repo to follow", Default: "required"},
		{Path: "repository.url", Meaning: "https, http, ssh (`ssh://` or `user@host:path`), `file://`, or a path; never with a password", Default: "required"},
		{Path: "repository.branch", Meaning: "the branch to follow", Default: "`main`"},
		{Path: "repository.root", Meaning: "where in the repository `sluice.yaml` stands", Default: "`.`"},
		{Path: "repository.poll", Meaning: "how often to look for a new commit; a repository on the same disk is watched as well", Default: "`30s`"},
		{Path: "repository.timeout", Meaning: "for each call over the network", Default: "`1m`"},
		{Path: "repository.mirror", Meaning: "the directory of the bare mirror; one process at a time", Default: "`mirror.git` beside the journal"},
		{Path: "repository.auth.tokenFile", Meaning: "https: a token; excludes `passwordFile`", Default: "nobody logs in"},
		{Path: "repository.auth.username", Meaning: "https: who logs in", Default: "the source decides"},
		{Path: "repository.auth.passwordFile", Meaning: "https: the password of `username`", Default: "none"},
		{Path: "repository.auth.githubApp.id", Meaning: "https, GitHub only: log in as a GitHub App; its client id or app id", Default: "none"},
		{Path: "repository.auth.githubApp.keyFile", Meaning: "https, GitHub only: the private key of the App, in PEM", Default: "none"},
		{Path: "repository.auth.sshKeyFile", Meaning: "ssh: a private key without a passphrase", Default: "the ssh agent"},
		{Path: "repository.auth.knownHostsFile", Meaning: "ssh: the host keys to trust", Default: "those of the user"},
		{Path: "repository.notes", Meaning: "push how commits end as Git notes to `refs/notes/sluice`: see [notifications.md](notifications.md#git-notes)", Default: "`false`"},
		{Path: "repository.verify.keyring", Meaning: "a directory of OpenPGP and SSH public keys (`*.asc`, `*.gpg`, `*.pub`, `allowed_signers`): only a head that one of them signed is applied",
			Default: "any head is"},
	}
}

func groupKeys() strictyaml.Keys {
	return strictyaml.Keys{
		{Path: "gatewayGroups", Meaning: "the gateway groups by name; at least one", Default: "required"},
		{Path: "gatewayGroups.NAME.type", Meaning: "`apisix`; `apisix-standalone`: API-driven, without etcd; `api7`: API7 Enterprise; `embedded`: a gateway inside the daemon, for trials",
			Default: "`apisix`", Schema: map[string]any{"enum": []any{APISIX, Standalone, API7, Embedded, ""}}},
		{Path: "gatewayGroups.NAME.environment", Meaning: "the only environment that may use the group", Default: "required"},
		{Path: "gatewayGroups.NAME.adminURL", Meaning: "the Admin API; without a path `/apisix/admin` is meant; one group, one Admin API. For `api7` the address of the dashboard. Required for both",
			Default: "none"},
		{Path: "gatewayGroups.NAME.adminKeyFile", Meaning: "the file of the admin key, for `api7` of the token. Read anew at each request, so a key can be rotated. This or `adminKeyEnv` is required but for `embedded`",
			Default: "none"},
		{Path: "gatewayGroups.NAME.adminKeyEnv", Meaning: "the environment variable of the admin key", Default: "none"},
		{Path: "gatewayGroups.NAME.instances", Meaning: "the data planes. With `controlURL` and `workers` for each, barriers over routes, services and upstreams are confirmed. Required for `apisix-standalone`; for `api7` only to know their health",
			Default: "none: barriers wait for `settle`"},
		{Path: "gatewayGroups.NAME.instances[].adminURL", Meaning: "apisix-standalone only: its own Admin API", Default: "required there"},
		{Path: "gatewayGroups.NAME.instances[].statusURL", Meaning: "its status API, for health: the only address that tells whether all its workers have a configuration", Default: "none"},
		{Path: "gatewayGroups.NAME.instances[].controlURL", Meaning: "its control API, for barriers that are confirmed", Default: "none"},
		{Path: "gatewayGroups.NAME.instances[].proxyURL", Meaning: "where it takes traffic; for the sentinel", Default: "none"},
		{Path: "gatewayGroups.NAME.instances[].workers", Meaning: "its worker processes; without it barriers wait for `settle` too, and are never confirmed", Default: "not known"},
		{Path: "gatewayGroups.NAME.parallel", Meaning: "requests at the same time", Default: "16"},
		{Path: "gatewayGroups.NAME.timeout", Meaning: "for one request with its answer", Default: "`30s`"},
		{Path: "gatewayGroups.NAME.settle", Meaning: "the wait at a barrier where the instances can't be asked", Default: "`1s`, for `api7` `3s`"},
		{Path: "gatewayGroups.NAME.drain", Meaning: "an extra wait before anything is removed, for requests under way", Default: "none"},
		{Path: "gatewayGroups.NAME.tls.caFile", Meaning: "PEM: whom to trust", Default: "the system's authorities"},
		{Path: "gatewayGroups.NAME.tls.certFile", Meaning: "PEM: the client certificate; together with `keyFile`. Read anew for each connection", Default: "none"},
		{Path: "gatewayGroups.NAME.tls.keyFile", Meaning: "PEM: its private key", Default: "none"},
		{Path: "gatewayGroups.NAME.tls.insecureSkipVerify", Meaning: "trusts anyone; a warning says so", Default: "`false`"},
	}
}

// gatewayKeys are those of single types of gateway groups.
func gatewayKeys() strictyaml.Keys {
	return strictyaml.Keys{
		{Path: "gatewayGroups.NAME.sentinel.path", Meaning: "apisix only: a route of Sluice's own that barriers ask for at each instance's `proxyURL`, where there is no control API",
			Default: "no sentinel"},
		{Path: "gatewayGroups.NAME.sentinel.host", Meaning: "apisix only: its host", Default: "`sluice-sentinel.invalid`"},
		{Path: "gatewayGroups.NAME.spacing", Meaning: "apisix-standalone only: the time between two documents for one instance", Default: "`2s`"},
		{Path: "gatewayGroups.NAME.documentLimit", Meaning: "apisix-standalone only: the shared memory `standalone-config` of an instance, in bytes; a document may fill fifteen sixteenths of it",
			Default: "10 MiB"},
		{Path: "gatewayGroups.NAME.gatewayGroup", Meaning: "api7 only: the gateway group there, by name or id", Default: "the name of this group"},
		{Path: "gatewayGroups.NAME.publish", Meaning: "api7 only: publish services, each commit as a version", Default: "`false`"},
		{Path: "gatewayGroups.NAME.listen.admin", Meaning: "embedded only: the address of the Admin API", Default: "not opened"},
		{Path: "gatewayGroups.NAME.listen.proxy", Meaning: "embedded only: the address of the proxy", Default: "not opened"},
		{Path: "gatewayGroups.NAME.listen.tls", Meaning: "embedded only: the address of the proxy with TLS", Default: "not opened"},
		{Path: "gatewayGroups.NAME.listen.control", Meaning: "embedded only: the address of the control API", Default: "not opened"},
		{Path: "gatewayGroups.NAME.stateFile", Meaning: "embedded only: keeps the configuration over a restart", Default: "lost at the end"},
		{Path: "gatewayGroups.NAME.version", Meaning: "embedded only: the APISIX version to behave like", Default: "the newest"},
		{Path: "gatewayGroups.NAME.workers", Meaning: "embedded only: workers that follow the configuration by themselves", Default: "its own"},
	}
}

func daemonKeys() strictyaml.Keys {
	return strictyaml.Keys{
		{Path: "journal.path", Meaning: "the journal; one daemon at a time", Default: "`/var/lib/sluice/journal.db`"},
		{Path: "journal.etcd.endpoints", Meaning: "instead of a file: the journal is in etcd, several replicas share it, and one acts", Default: "a file"},
		{Path: "journal.etcd.prefix", Meaning: "of all keys; each set of replicas needs its own", Default: "`/sluice`"},
		{Path: "journal.etcd.caFile", Meaning: "PEM: whom to trust", Default: "the system's authorities"},
		{Path: "journal.etcd.certFile", Meaning: "PEM: the client certificate; together with `keyFile`. Read anew for each connection", Default: "none"},
		{Path: "journal.etcd.keyFile", Meaning: "PEM: its private key", Default: "none"},
		{Path: "journal.etcd.username", Meaning: "who logs in", Default: "nobody logs in"},
		{Path: "journal.etcd.passwordFile", Meaning: "the password of `username`; read at each login, so that it can be rotated", Default: "none"},
		{Path: "journal.etcd.lease", Meaning: "how long a leader that is silent stays leader; at least 2 s. The same for all replicas", Default: "`15s`"},
		{Path: "journal.etcd.timeout", Meaning: "for one request to etcd", Default: "`5s`"},
		{Path: "journal.etcd.spread", Meaning: "all replicas work: each reads and writes the gateway groups that it holds, the leader decides. The same for all replicas", Default: "`false`: the leader does all of it"},
		{Path: "listen", Meaning: "the address of the page and the API. Where other machines can reach it, `access` must say who may look", Default: "`127.0.0.1:8080`"},
		{Path: "prometheus.url", Meaning: "where the metrics of `rollout.verify` are read: a server with Prometheus's HTTP API", Default: "not used"},
		{Path: "prometheus.tokenFile", Meaning: "a token, sent as `Bearer`; read anew at each query", Default: "nobody logs in"},
		{Path: "prometheus.caFile", Meaning: "PEM: whom to trust", Default: "the system's authorities"},
		{Path: "api.tokenFile", Meaning: "the file of a token that makes whoever shows it an operator; read at each call. The commands show it when they are given this file", Default: "none"},
		{Path: "forge.type", Meaning: "where the config repo is hosted, for commit statuses and webhooks: `github`, `gitlab`, `gitea` (and Forgejo), `bitbucket`, `bitbucket-server`",
			Default: "none", Schema: map[string]any{"enum": []any{"github", "gitlab", "gitea", "bitbucket", "bitbucket-server", ""}}},
		{Path: "forge.url", Meaning: "the address of the forge itself", Default: "the host of `repository.url`"},
		{Path: "forge.repository", Meaning: "`owner/name` there; GitLab: the whole path; Data Center: `PROJECT/name`", Default: "the path of `repository.url`"},
		{Path: "forge.tokenFile", Meaning: "a token with the right to write commit statuses; read anew at each request. This or `app` is required", Default: "none"},
		{Path: "forge.username", Meaning: "Bitbucket with an app password, and Data Center with a password: whose it is", Default: "the token logs in alone"},
		{Path: "forge.app.id", Meaning: "github only: log in as a GitHub App; its client id or app id", Default: "none"},
		{Path: "forge.app.keyFile", Meaning: "github only: the private key of the App, in PEM", Default: "none"},
		{Path: "forge.deployments", Meaning: "github and gitlab only: show which commit runs in which environment as deployments", Default: "`false`"},
		{Path: "forge.webhookSecretFile", Meaning: "the secret that webhooks are signed with; they are taken at `/webhooks/TYPE`", Default: "no webhooks are taken"},
		{Path: "publicURL", Meaning: "where people reach the daemon's `listen` address; commit statuses lead there", Default: "they lead nowhere"},
		{Path: "notifications.NAME.type", Meaning: "who is told how commits end: `webhook` (a signed message as JSON), `slack` (a text, also for Mattermost and others): see [notifications.md](notifications.md)",
			Default: "required", Schema: map[string]any{"enum": []any{"webhook", "slack"}}},
		{Path: "notifications.NAME.urlFile", Meaning: "the file of the address that messages go to, which is a secret; read for each message", Default: "required"},
		{Path: "notifications.NAME.secretFile", Meaning: "webhook only: the file of what messages are signed with; read for each message", Default: "required for `webhook`"},
		{Path: "notifications.NAME.environments", Meaning: "globs of the environments that it is told of", Default: "all"},
		{Path: "notifications.NAME.states", Meaning: "the states that it is told of: `applied`, `unchanged`, `held`, `failed`, `rolled-back`, `superseded`",
			Default: "`applied`, `held`, `failed`, `rolled-back`"},
		{Path: "pullRequests.plan", Meaning: "whether open pull requests are planned: see [pull-requests.md](pull-requests.md)", Default: "`true` where a forge is named"},
		{Path: "pullRequests.poll", Meaning: "how often to look for new pull requests and new heads", Default: "`1m`"},
		{Path: "drift.interval", Meaning: "how often live is compared in full", Default: "`3m`"},
		{Path: "drift.pulse", Meaning: "how often one resource of each group is looked for: a group that has lost what it was given is filled again at once", Default: "`10s`"},
		{Path: "log.level", Meaning: "`debug`, `info`, `warn`, `error`", Default: "`info`",
			Schema: map[string]any{"enum": []any{"debug", "info", "warn", "error", ""}}},
		{Path: "log.format", Meaning: "`json`: one object a line; `console`: for people", Default: "`console` on a terminal, else `json`",
			Schema: map[string]any{"enum": []any{"json", "console", ""}}},
		{Path: "traces.otlp.endpoint", Meaning: "who takes the traces of commits, by OpenTelemetry's protocol over HTTP, as `https://otel:4318`: see [traces.md](traces.md). Without a path `/v1/traces` is meant",
			Default: "no traces are made"},
		{Path: "traces.otlp.headersFile", Meaning: "a file of lines `Name: value` that are sent along, as a token; read at each request", Default: "none"},
		{Path: "traces.otlp.caFile", Meaning: "PEM: whom to trust", Default: "the system's authorities"},
		{Path: "traces.otlp.ratio", Meaning: "the share of commits that are traced, above 0 and up to 1", Default: "1"},
	}
}

// accessKeys are those about who may come in.
func accessKeys() strictyaml.Keys {
	return strictyaml.Keys{
		{Path: "access.open", Meaning: "whether everybody may look without a login; acts need one all the same",
			Default: "`true` where `listen` is on this machine alone and neither `tokens` nor `oidc` are set"},
		{Path: "access.hosts", Meaning: "where nobody logs in: names by which people reach the daemon, besides that of `publicURL`, `localhost` and addresses", Default: "none"},
		{Path: "access.tokens[].name", Meaning: "who the token is for; the journal says so", Default: "required"},
		{Path: "access.tokens[].role", Meaning: "`scraper`: reads `/metrics`; `viewer`: looks at everything; `operator`: pauses, resumes and asks for a look, too",
			Default: "required", Schema: map[string]any{"enum": []any{"scraper", "viewer", "operator"}}},
		{Path: "access.tokens[].environments", Meaning: "of an operator: act in these environments alone, and look everywhere", Default: "all"},
		{Path: "access.tokens[].sha256", Meaning: "the hash of the token; [`sluice token`](cli.md#sluice-token) makes both", Default: "required"},
		{Path: "access.oidc.issuer", Meaning: "the identity provider where people log in, as `https://id.acme.com/realms/acme`", Default: "not used"},
		{Path: "access.oidc.clientID", Meaning: "Sluice as the identity provider knows it; it sends browsers back to `publicURL` + `/oauth2/callback`", Default: "required with `issuer`"},
		{Path: "access.oidc.clientSecretFile", Meaning: "the secret of the client; read at each login", Default: "a public client"},
		{Path: "access.oidc.scopes", Meaning: "what is asked for besides `openid`", Default: "`[profile, email]`"},
		{Path: "access.oidc.nameClaim", Meaning: "the claim that names who logs in, for the journal", Default: "`preferred_username`, a verified `email`, or `sub`"},
		{Path: "access.oidc.groupsClaim", Meaning: "the claim that the roles are given for: a text or a list; dots lead into maps, as `realm_access.roles`", Default: "`groups`"},
		{Path: "access.oidc.viewers", Meaning: "who is in one of these groups may look; `*` is everybody who can log in", Default: "nobody"},
		{Path: "access.oidc.operators", Meaning: "who is in one of these groups is an operator", Default: "nobody"},
		{Path: "access.oidc.operatorsOf", Meaning: "groups by environment: who is in one of them is an operator of that environment, and looks everywhere", Default: "nobody"},
		{Path: "access.oidc.caFile", Meaning: "PEM: whom to trust", Default: "the system's authorities"},
		{Path: "access.sessions.keyFile", Meaning: "the key that seals sessions, of 32 bytes or more; the same for all replicas. Another key ends all sessions",
			Default: "a new one at each start"},
		{Path: "access.sessions.life", Meaning: "how long a login lasts, up to 30 days", Default: "`8h`"},
		{Path: "access.trustedProxies", Meaning: "ranges of addresses, as `10.0.0.0/8`, of proxies whose `X-Forwarded-For` is believed", Default: "none"},
		{Path: "tls.certFile", Meaning: "PEM: the certificate that `listen` shows, with its chain; together with `keyFile`. Read again when it changes", Default: "plain HTTP"},
		{Path: "tls.keyFile", Meaning: "PEM: its private key", Default: "none"},
	}
}

func secretKeys() strictyaml.Keys {
	return strictyaml.Keys{
		{Path: "allow.env", Meaning: "globs of the environment variables that config repos may name", Default: "nothing"},
		{Path: "allow.secrets", Meaning: "globs of the secrets that config repos may name", Default: "nothing"},
		{Path: "allow.probes", Meaning: "the addresses that probes of config repos may ask for, as `https://*.acme.com/health`: see [Verifying](#verifying)",
			Default: "nothing"},
		{Path: "secrets.dir", Meaning: "the content of `DIR/name`; one newline at its end is cut", Default: "none"},
		{Path: "secrets.envPrefix", Meaning: "the variable `PREFIX` + name in upper case, `_` for `-` and dots; asked after the directory", Default: "none"},
		{Path: "secrets.vault.address", Meaning: "HashiCorp Vault or OpenBao, KV engine version 2; asked last", Default: "not used"},
		{Path: "secrets.vault.mount", Meaning: "where the engine is mounted", Default: "`secret`"},
		{Path: "secrets.vault.path", Meaning: "a secret `NAME` is read at `PATH/NAME`", Default: "none"},
		{Path: "secrets.vault.field", Meaning: "the field that is the secret", Default: "`value`"},
		{Path: "secrets.vault.tokenFile", Meaning: "the token, read anew at each request", Default: "none"},
		{Path: "secrets.vault.kubernetes.role", Meaning: "instead of a token: log in as the pod's service account", Default: "none"},
		{Path: "secrets.vault.kubernetes.mount", Meaning: "where the auth method is mounted", Default: "`kubernetes`"},
		{Path: "secrets.vault.kubernetes.jwtFile", Meaning: "the token of the service account", Default: "the pod's own"},
		{Path: "secrets.vault.namespace", Meaning: "of Vault Enterprise", Default: "none"},
		{Path: "secrets.vault.caFile", Meaning: "PEM: whom to trust", Default: "the system's authorities"},
		{Path: "sops.ageKeyFile", Meaning: "the private age keys that open files encrypted by SOPS, as `age-keygen` writes them; read at each use", Default: "none"},
		{Path: "sops.command", Meaning: "the `sops` command, for files without a key here: those of cloud key services, Vault and PGP", Default: "never run"},
	}
}
