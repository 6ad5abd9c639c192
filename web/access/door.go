package access

import (
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"sync/atomic"
	"time"

	"go.uber.org/zap"

	"github.com/sluice-gitops/sluice/gateway"
)

// Config says who may do what. The zero value lets nobody do anything that needs a role.
type Config struct {
	// Open lets everybody read without a login. Acts need one all the same.
	Open   bool
	Tokens []Token
	// APIToken returns a token that makes whoever shows it an operator; one that is not resolved is shown by nobody. It is asked at each
	// request with a token, so that it can be exchanged. Nil: there is none.
	APIToken func() (gateway.Secret, error)
	OIDC     OIDC
	// SessionKey seals the sessions: all replicas that share it know each other's. Empty: a random one, known to this Door alone.
	SessionKey  []byte
	SessionLife time.Duration // how long a session lasts; zero means 8 hours
	// PublicURL is where people reach the server; empty when it is not known. With https, cookies are sent over https alone.
	PublicURL string
	Secure    bool // the server itself speaks TLS
	// Hosts are names by which the server may be called where it is Open, besides that of PublicURL.
	Hosts          []string
	TrustedProxies []netip.Prefix // whose X-Forwarded-For is believed
}

// Door stands before the routes. It is safe for concurrent use; make one with NewDoor.
type Door struct {
	log    *zap.Logger
	ownKey []byte
	rules  atomic.Pointer[rules]
	ended  *ended
	logins *Limiter
	view   LoginPage
}

// rules is what follows from a Config. It does not change.
type rules struct {
	config Config
	sealer *sealer
	cross  *http.CrossOriginProtection
	hosts  []string
	oidc   *provider // nil where it is not used
}

// How often an address may begin a login: for each second, and at once.
const (
	loginsPerSecond = 0.2
	loginsAtOnce    = 20
)

// NewDoor returns a Door. View shows the login; nil: a plain page does.
func NewDoor(config Config, view LoginPage, log *zap.Logger) (*Door, error) {
	d := &Door{log: log, ownKey: []byte(randomText()), ended: newEnded(), logins: NewLimiter(loginsPerSecond, loginsAtOnce), view: view}
	if d.view == nil {
		d.view = plainLogin
	}
	return d, d.Set(config)
}

// Set exchanges who may come in. A session whose reason is gone (its token was removed, the roles of logins have changed) ends. An error
// leaves everything as it was.
func (d *Door) Set(config Config) error {
	take, err := d.Prepare(config)
	if err == nil {
		take()
	}
	return err
}

// Prepare returns what makes Set's change. It changes nothing by itself.
func (d *Door) Prepare(config Config) (take func(), err error) {
	if len(config.SessionKey) == 0 {
		config.SessionKey = d.ownKey
	}
	if config.SessionLife <= 0 {
		config.SessionLife = defaultLife
	}
	r := &rules{config: config, cross: http.NewCrossOriginProtection(), hosts: config.Hosts}
	if r.sealer, err = newSealer(config.SessionKey); err != nil {
		return nil, err
	}
	if err := r.reachedAt(config.PublicURL); err != nil {
		return nil, err
	}
	if config.OIDC.Issuer != "" {
		r.oidc = newProvider(config.OIDC)
	}
	return func() { d.rules.Store(r) }, nil
}

// reachedAt takes in by which address people reach the server; an empty one is not known.
func (r *rules) reachedAt(address string) error {
	if address == "" {
		return nil
	}
	public, err := url.Parse(address)
	if err == nil {
		err = r.cross.AddTrustedOrigin(public.Scheme + "://" + public.Host)
	}
	if err != nil {
		return fmt.Errorf("read the public address: %w", err)
	}
	r.hosts = append([]string{public.Hostname()}, r.hosts...)
	r.config.Secure = r.config.Secure || public.Scheme == "https"
	return nil
}

// CanLogIn reports whether there is a way to log in.
func (d *Door) CanLogIn() bool {
	can, err := d.rules.Load().loginable()
	return can && err == nil
}

// loginable reports whether anybody could be an operator.
func (r *rules) loginable() (bool, error) {
	if r.oidc != nil || len(r.config.Tokens) > 0 {
		return true, nil
	}
	token, err := r.apiToken()
	return token.Resolved(), err
}

func (r *rules) apiToken() (gateway.Secret, error) {
	if r.config.APIToken == nil {
		return gateway.Secret{}, nil
	}
	return r.config.APIToken()
}
