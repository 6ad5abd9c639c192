package settings

import "time"

// Settings is the daemon's own file with its defaults filled in and its paths made absolute. It is read-only once loaded.
type Settings struct {
	Repository    Repository              `yaml:"repository"`
	GatewayGroups map[string]GatewayGroup `yaml:"gatewayGroups"` // by name; at least one
	Journal       Journal                 `yaml:"journal"`
	// Listen is the address of the page and the API; 127.0.0.1:8080 when it is not set.
	Listen  string    `yaml:"listen"`
	Access  Access    `yaml:"access"` // who may come in there
	TLS     ServerTLS `yaml:"tls"`    // with which certificate; the zero value speaks plain HTTP
	API     API       `yaml:"api"`
	Allow   Allow     `yaml:"allow"`
	Secrets Secrets   `yaml:"secrets"`
	SOPS    SOPS      `yaml:"sops"`
	// Prometheus is asked for the metrics of rollouts.
	Prometheus Prometheus `yaml:"prometheus"`
	Forge      Forge      `yaml:"forge"`
	// PublicURL is where people reach the read API; commit statuses lead there. Empty: to nowhere.
	PublicURL    string       `yaml:"publicURL"`
	PullRequests PullRequests `yaml:"pullRequests"`
	// Notifications are told how commits end, by their names.
	Notifications map[string]Notification `yaml:"notifications"`
	Drift         Drift                   `yaml:"drift"`
	Log           Log                     `yaml:"log"`
	Traces        Traces                  `yaml:"traces"`
}

// Repository says which config repo to follow.
type Repository struct {
	// URL is https, http, ssh (ssh:// or user@host:path), file:// or a path. It is required and must not hold a password.
	URL     string        `yaml:"url"`
	Branch  string        `yaml:"branch"`  // main when it is not set
	Root    string        `yaml:"root"`    // where in the repository sluice.yaml stands; "." when it is not set
	Auth    Auth          `yaml:"auth"`    // how to log in; the zero value logs in as nobody, or by the ssh agent
	Poll    time.Duration `yaml:"poll"`    // how often to look for a new commit; 30 s when it is not set
	Mirror  string        `yaml:"mirror"`  // the directory of the bare mirror; mirror.git beside the journal when not set
	Timeout time.Duration `yaml:"timeout"` // for each call over the network; 60 s when it is not set
	Verify  Verify        `yaml:"verify"`  // whose commits are applied; the zero value trusts the branch
	Notes   bool          `yaml:"notes"`   // push how commits end as Git notes to refs/notes/sluice
}

// Verify says who must have signed a commit.
type Verify struct {
	// Keyring is a directory of OpenPGP and SSH public keys. Only a head that one of them signed is applied. Empty: any.
	Keyring string `yaml:"keyring"`
}

// Auth names the files that hold what is needed to log in to the repository.
type Auth struct {
	TokenFile      string `yaml:"tokenFile"`      // https: the token; excludes PasswordFile
	Username       string `yaml:"username"`       // https: who logs in; the source decides when it is not set
	PasswordFile   string `yaml:"passwordFile"`   // https: the password of Username
	GitHubApp      App    `yaml:"githubApp"`      // https, GitHub only: log in as a GitHub App; excludes TokenFile and PasswordFile
	SSHKeyFile     string `yaml:"sshKeyFile"`     // ssh: a private key without a passphrase; the agent when it is not set
	KnownHostsFile string `yaml:"knownHostsFile"` // ssh: the host keys to trust; those of the user when it is not set
}

// Journal says where the journal is.
type Journal struct {
	Path string `yaml:"path"` // a file; /var/lib/sluice/journal.db when it is not set. It excludes Etcd
	Etcd Etcd   `yaml:"etcd"` // used when it has endpoints: several replicas share the journal, and one acts
}

// Allow lists what config repos may name. Env and Secrets are globs (* and ? and [a-z]). An empty list lets nothing through.
type Allow struct {
	Env     []string `yaml:"env"`     // environment variables, for ${env(NAME)}
	Secrets []string `yaml:"secrets"` // secrets, for ${secret(name)}
	// Probes are the addresses that probes may ask for: scheme://host[:port][/path]. A host *.acme.com is every name below
	// acme.com, a port * every port, and a path everything at and below it.
	Probes []string `yaml:"probes"`
}

// Secrets says where the secrets come from that config repos may name. The directory is asked first, Vault last.
type Secrets struct {
	Dir string `yaml:"dir"` // the content of DIR/name; a newline at its end is cut. Empty: no directory
	// EnvPrefix: the variable PREFIX + the name in upper case, with _ for - and dots. Empty: no variables. Config repos
	// can't read such a variable with ${env(…)}.
	EnvPrefix string `yaml:"envPrefix"`
	Vault     Vault  `yaml:"vault"`
}

// SOPS says how the encrypted files of config repos are opened. The zero value opens none.
type SOPS struct {
	// AgeKeyFile holds the private age keys, as age-keygen writes them, several one below the other. It is read at each use.
	AgeKeyFile string `yaml:"ageKeyFile"`
	// Command is the sops command, for files without a key here: those of cloud key services, Vault and PGP. Empty: it is never run.
	Command string `yaml:"command"`
}

// Vault says how to read secrets from the KV engine, version 2, of HashiCorp Vault. The zero value reads none.
type Vault struct {
	Address    string     `yaml:"address"`    // https://vault:8200; Vault is used when it is set
	Namespace  string     `yaml:"namespace"`  // of Vault Enterprise
	Mount      string     `yaml:"mount"`      // of the KV engine; secret when it is not set
	Path       string     `yaml:"path"`       // the directory there: a secret NAME is read at PATH/NAME
	Field      string     `yaml:"field"`      // the field that is the secret; value when it is not set
	TokenFile  string     `yaml:"tokenFile"`  // the token; excludes Kubernetes
	Kubernetes Kubernetes `yaml:"kubernetes"` // logs in as the pod's service account
	CAFile     string     `yaml:"caFile"`     // PEM, trusted instead of the system's authorities
}

// Kubernetes says as whom to log in to Vault from a pod.
type Kubernetes struct {
	Role    string `yaml:"role"`
	Mount   string `yaml:"mount"`   // of the auth method; kubernetes when it is not set
	JWTFile string `yaml:"jwtFile"` // that of the pod's service account when it is not set
}

// Drift says how often live is listed in full and compared.
type Drift struct {
	Interval time.Duration `yaml:"interval"` // 3 min when it is not set
	Pulse    time.Duration `yaml:"pulse"`    // between two looks at one resource of each group; 10 s when it is not set
}

// API says who may call what changes something. The zero value lets nobody.
type API struct {
	TokenFile string `yaml:"tokenFile"` // the bearer token; read at each call
}

// Log says what is logged.
type Log struct {
	Level string `yaml:"level"` // debug, info, warn or error; info when it is not set
	// Format is json or console; when it is not set a terminal gets console, everything else json.
	Format string `yaml:"format"`
}
