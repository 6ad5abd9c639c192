package source

import (
	"fmt"
	"net"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
)

// address is where the remote repository is. Its String never holds credentials.
type address struct {
	scheme   string // "https", "http", "ssh" or "file"
	host     string // with the port when one was given
	path     string
	user     string // from the URL
	password string // from the URL; never printed
}

// scpLike is user@host:path. A path that starts with a slash after the colon is absolute on the server.
var scpLike = regexp.MustCompile(`^(?:([^@/\s]+)@)?([^:/\s]{2,}):([^/].*|/.*)$`)

func parseAddress(raw string) (address, error) {
	if strings.Contains(raw, "://") {
		return parseURL(raw)
	}
	if m := scpLike.FindStringSubmatch(raw); m != nil {
		return address{scheme: "ssh", user: m[1], host: m[2], path: m[3]}, nil
	}
	path, err := filepath.Abs(raw)
	return address{scheme: "file", path: path}, err
}

func parseURL(raw string) (address, error) {
	u, err := url.Parse(raw)
	if err != nil {
		// The error of url.Parse quotes the URL, and with it any password.
		return address{}, fmt.Errorf("open config repo: the repository URL can't be parsed")
	}
	a := address{scheme: strings.ToLower(u.Scheme), host: u.Host, path: u.Path, user: u.User.Username()}
	a.password, _ = u.User.Password()
	switch a.scheme {
	case "http", "https", "ssh":
		if a.host == "" {
			return address{}, fmt.Errorf("open config repo: %s names no host", a)
		}
	case "file":
	case "git+ssh", "ssh+git":
		a.scheme = "ssh"
	default:
		return address{}, &Error{
			What: fmt.Sprintf("open config repo: scheme %q is not known", u.Scheme),
			Hint: "use https, http, ssh, file or a path",
		}
	}
	return a, nil
}

// String returns the address without credentials, fit for logs and messages.
func (a address) String() string {
	if a.scheme == "file" {
		return a.path
	}
	slash := ""
	if !strings.HasPrefix(a.path, "/") {
		slash = "/"
	}
	return a.scheme + "://" + a.host + slash + a.path
}

// hostPort returns host:port for a dial, with port when the address has none.
func (a address) hostPort(port string) string {
	if _, _, err := net.SplitHostPort(a.host); err == nil {
		return a.host
	}
	return net.JoinHostPort(strings.Trim(a.host, "[]"), port)
}
