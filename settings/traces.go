package settings

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/sluice-gitops/sluice/diag"
)

// Traces says where the traces of commits are sent. The zero value sends none.
type Traces struct {
	OTLP OTLP `yaml:"otlp"`
}

// OTLP is who takes OpenTelemetry's protocol over HTTP.
type OTLP struct {
	// Endpoint is the address, as https://otel:4318; without a path /v1/traces is meant. Traces are made when it is set.
	Endpoint string `yaml:"endpoint"`
	// HeadersFile holds lines "Name: value" that are sent along, as a token. It is read at each request. Empty: none.
	HeadersFile string  `yaml:"headersFile"`
	CAFile      string  `yaml:"caFile"` // PEM, trusted instead of the system's authorities
	Ratio       float64 `yaml:"ratio"`  // the share of commits that are traced, above 0 and up to 1; 1 when it is not set
}

func (o *OTLP) complete(dir string) {
	if *o == (OTLP{}) {
		return
	}
	if u, err := url.Parse(o.Endpoint); err == nil && u.Host != "" && strings.Trim(u.Path, "/") == "" {
		o.Endpoint = u.JoinPath("/v1/traces").String()
	}
	o.HeadersFile, o.CAFile = from(dir, o.HeadersFile), from(dir, o.CAFile)
	o.Ratio = cmp.Or(o.Ratio, 1)
}

// Headers reads the lines that are sent along, afresh at each call. Without a file there are none.
func (o OTLP) Headers() (http.Header, error) {
	if o.HeadersFile == "" {
		return nil, nil
	}
	text, err := readSecret(o.HeadersFile)
	if err != nil {
		return nil, fmt.Errorf("read the headers of traces: %w", err)
	}
	headers := http.Header{}
	number := 0
	for line := range strings.Lines(text) {
		number++
		if line = strings.TrimSpace(line); line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		name, value, ok := strings.Cut(line, ":")
		if name = strings.TrimSpace(name); !ok || name == "" || strings.ContainsAny(name, " \t") {
			return nil, fmt.Errorf("read the headers of traces: line %d of %s is not of the form \"Name: value\"", number, o.HeadersFile)
		}
		headers.Add(name, strings.TrimSpace(value))
	}
	return headers, nil
}

func (c *checker) traces(o OTLP) {
	at := func(key string) []string { return []string{"traces", "otlp", key} }
	if o == (OTLP{}) {
		return
	}
	if o.Endpoint == "" {
		c.missing("write endpoint: https://HOST:4318", at("endpoint")...)
	} else {
		c.web(c.place(at("endpoint")...), o.Endpoint)
	}
	c.key(o.HeadersFile, at("headersFile")...)
	_, err := o.Headers()
	if _, unread := errors.AsType[*fs.PathError](err); err != nil && !unread {
		c.fault("bad-headers", "write one header in a line, as Authorization: Bearer TOKEN", err.Error(), at("headersFile")...)
	}
	c.exists(o.CAFile, at("caFile")...)
	if o.Ratio <= 0 || o.Ratio > 1 {
		c.fault("bad-ratio", "write 1 for all commits, 0.1 for one of ten; to trace none leave endpoint out",
			fmt.Sprintf("the ratio %v is not above 0 and up to 1", o.Ratio), at("ratio")...)
	}
}

// format checks how the log is written.
func (c *checker) format(format string) {
	formats := []string{"", "json", "console"}
	if slices.Contains(formats, format) {
		return
	}
	hint := diag.DidYouMean(format, formats[1:], "the formats are "+strings.Join(formats[1:], " and "))
	c.fault("unknown-format", hint, "unknown log format "+quote(format), "log", "format")
}
