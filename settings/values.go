package settings

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/sluice-gitops/sluice/vault"
)

// Values gives a render the environment variables and secrets that the allow lists let config repos name. Each call reads
// afresh, so a rotated secret is seen; what Vault gave is kept for some seconds. It is safe for use by several goroutines at
// once. The zero value allows nothing.
type Values struct {
	allow   Allow
	secrets Secrets
	keys    []string                          // variables that hold admin keys
	vault   func(name string) (string, error) // nil when there is none
}

// ErrNotAllowed says that the daemon's file does not let config repos name it. It tells nothing of whether it exists.
var ErrNotAllowed = errors.New("not allowed")

// Values returns what config repos may name.
func (s Settings) Values() Values {
	v := Values{allow: s.Allow, secrets: s.Secrets}
	for group := range maps.Values(s.GatewayGroups) {
		if group.AdminKeyEnv != "" {
			v.keys = append(v.keys, group.AdminKeyEnv)
		}
	}
	if s.Secrets.Vault.Address != "" {
		v.vault = s.Secrets.Vault.open()
	}
	return v
}

// open returns what reads from Vault.
func (v Vault) open() func(name string) (string, error) {
	client, err := vault.New(vault.Config{
		Address: v.Address, Namespace: v.Namespace, Mount: v.Mount, Path: v.Path, Field: v.Field, TokenFile: v.TokenFile,
		CAFile: v.CAFile, Kubernetes: vault.Kubernetes(v.Kubernetes),
	})
	return func(name string) (string, error) {
		if err != nil {
			return "", err
		}
		return client.Secret(context.Background(), name)
	}
}

// Env returns the environment variable called name. The error is ErrNotAllowed or fs.ErrNotExist. Variables that hold an
// admin key or a secret are never allowed, whatever the list says.
func (v Values) Env(name string) (string, error) {
	if err := v.MayEnv(name); err != nil {
		return "", err
	}
	text, found := os.LookupEnv(name)
	if !found {
		return "", fmt.Errorf("environment variable %q: not set where the daemon runs: %w", name, fs.ErrNotExist)
	}
	return text, nil
}

// MayEnv returns ErrNotAllowed where config repos may not name an environment variable. It reads nothing.
func (v Values) MayEnv(name string) error {
	switch {
	case slices.Contains(v.keys, name), v.secrets.EnvPrefix != "" && strings.HasPrefix(name, v.secrets.EnvPrefix):
		return fmt.Errorf("environment variable %q: %w: it holds a secret of the daemon", name, ErrNotAllowed)
	case !allowed(v.allow.Env, name):
		return fmt.Errorf("environment variable %q: %w: no glob of allow.env in the daemon's file matches it", name, ErrNotAllowed)
	}
	return nil
}

// MaySecret returns ErrNotAllowed where config repos may not name a secret. It reads nothing.
func (v Values) MaySecret(name string) error {
	switch {
	case !secretName.MatchString(name):
		return fmt.Errorf("secret %q: %w: a name has letters, digits, dots, _ and -", name, ErrNotAllowed)
	case !allowed(v.allow.Secrets, name):
		return fmt.Errorf("secret %q: %w: no glob of allow.secrets in the daemon's file matches it", name, ErrNotAllowed)
	}
	return nil
}

var secretName = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9._-]*$`)

// Secret returns the secret called name. The error is ErrNotAllowed, fs.ErrNotExist, or what kept it from being read; it never
// holds the secret.
func (v Values) Secret(name string) (string, error) {
	if err := v.MaySecret(name); err != nil {
		return "", err
	}
	return v.find(name)
}

// find asks one place after the other. One that can't be read is an error: the next may hold another secret of that name.
func (v Values) find(name string) (string, error) {
	s := v.secrets
	if s.Dir == "" && s.EnvPrefix == "" && v.vault == nil {
		return "", fmt.Errorf("secret %q: the daemon's file names no place for secrets: %w", name, fs.ErrNotExist)
	}
	var tried []string
	if s.Dir != "" {
		file := filepath.Join(s.Dir, name)
		text, err := readSecret(file)
		if !errors.Is(err, fs.ErrNotExist) {
			return notEmpty(name, "file "+file, text, err)
		}
		tried = append(tried, "file "+file)
	}
	if s.EnvPrefix != "" {
		variable := s.EnvPrefix + strings.NewReplacer("-", "_", ".", "_").Replace(strings.ToUpper(name))
		if text, found := os.LookupEnv(variable); found {
			return notEmpty(name, "variable "+variable, text, nil)
		}
		tried = append(tried, "variable "+variable)
	}
	if v.vault != nil {
		text, err := v.vault(name)
		if !errors.Is(err, fs.ErrNotExist) {
			return text, err
		}
		tried = append(tried, err.Error())
	}
	return "", fmt.Errorf("secret %q: not found as %s: %w", name, strings.Join(tried, " or "), fs.ErrNotExist)
}

// notEmpty refuses an empty secret: a file is empty for a moment while it is rotated, and nothing may be applied with that.
func notEmpty(name, place, text string, err error) (string, error) {
	if err == nil && text == "" {
		err = fmt.Errorf("secret %q: %s is empty", name, place)
	}
	return text, err
}

func allowed(globs []string, name string) bool {
	return slices.ContainsFunc(globs, func(glob string) bool {
		match, err := path.Match(glob, name)
		return err == nil && match
	})
}

// readSecret returns the content of file without the newline that editors put at its end.
func readSecret(file string) (string, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return "", err
	}
	return strings.TrimSuffix(strings.TrimSuffix(string(data), "\n"), "\r"), nil
}
