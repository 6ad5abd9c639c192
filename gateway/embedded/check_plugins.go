package embedded

import (
	"encoding/base64"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"regexp/syntax"
	"slices"
	"strconv"
	"strings"

	"github.com/sluice-gitops/sluice/gateway"
)

func sortedNames(m map[string]any) []string { return slices.Sorted(maps.Keys(m)) }

// checkPlugins checks each plugin's configuration. Names that no plugin has are refused first.
func (g *Gateway) checkPlugins(kind gateway.Kind, plugins map[string]any) error {
	for _, name := range sortedNames(plugins) {
		if err := g.checkPlugin(kind, name, plugins[name]); err != nil {
			if kind == gateway.Consumers || kind == gateway.Credentials && !errors.Is(err, errNotAuth) {
				return fmt.Errorf("invalid plugins configuration: %w", err)
			}
			return err
		}
	}
	return nil
}

var errNotAuth = errors.New("only supports auth type plugins in consumer credential")

func (g *Gateway) checkPlugin(kind gateway.Kind, name string, conf any) error {
	s, ok := g.catalogue.plugin(name, kind)
	if !ok {
		return fmt.Errorf("unknown plugin [%s]", name)
	}
	if kind == gateway.Credentials && !g.catalogue.isAuth(name) {
		return errNotAuth
	}
	fields, isMap := conf.(map[string]any)
	if list, ok := conf.([]any); !isMap && !(ok && len(list) == 0) {
		return fmt.Errorf("invalid plugin conf %q for plugin [%s]", luaText(conf), name)
	}
	meta, _ := fields["_meta"].(map[string]any)
	if meta["disable"] == true && !g.storesDefaults() {
		return nil
	}
	err := s.check(conf)
	if err == nil {
		err = g.checkConf(kind, name, fields)
	}
	switch {
	case err == nil:
		return nil
	case kind == gateway.StreamRoutes:
		return fmt.Errorf("failed to check the configuration of stream plugin [%s]: %w", name, err)
	}
	return fmt.Errorf("failed to check the configuration of plugin %s err: %w", name, err)
}

func luaText(v any) string {
	switch v := v.(type) {
	case nil:
		return "userdata: NULL"
	case float64:
		return strconv.FormatFloat(v, 'g', 14, 64)
	}
	return fmt.Sprint(v)
}

// checkConf holds what the plugins' schemas can't say.
func (g *Gateway) checkConf(kind gateway.Kind, name string, conf map[string]any) error {
	switch name {
	case "cors":
		if conf["allow_credential"] == true && anyStar(conf, "allow_origins", "allow_methods", "allow_headers", "expose_headers") {
			return errors.New("you can not set '*' for other option when 'allow_credential' is true")
		}
	case "response-rewrite":
		if conf["body_base64"] == true {
			if _, err := base64.StdEncoding.DecodeString(textOr(conf["body"], "")); err != nil {
				return errors.New("invalid base64 content")
			}
		}
	case "proxy-rewrite", "redirect":
		return checkRegexURI(texts(conf["regex_uri"]))
	case "jwt-auth":
		if (kind == gateway.Consumers || kind == gateway.Credentials) && conf["secret"] == nil && !g.storesDefaults() &&
			strings.HasPrefix(textOr(conf["algorithm"], "HS256"), "HS") {
			return errors.New(`property "secret" is required when using HS based algorithms`)
		}
	case "fault-injection", "traffic-split":
		return checkNestedVars(conf)
	case "workflow":
		return g.checkWorkflow(conf)
	}
	return nil
}

func anyStar(conf map[string]any, fields ...string) bool {
	return slices.ContainsFunc(fields, func(field string) bool { return textOr(conf[field], "") == "*" })
}

func checkRegexURI(pairs []string) error {
	for i := 0; i+1 < len(pairs); i += 2 {
		if _, err := regexp.Compile(pairs[i]); err != nil {
			return fmt.Errorf("invalid regex_uri(%s, %s): %s", pairs[i], pairs[i+1], inPCRE(err))
		}
	}
	return nil
}

// inPCRE tells in the words of PCRE what is wrong with an expression.
func inPCRE(err error) string {
	var fault *syntax.Error
	if !errors.As(err, &fault) {
		return err.Error()
	}
	text := fault.Code.String()
	switch fault.Code {
	case syntax.ErrMissingParen:
		text = "missing closing parenthesis"
	case syntax.ErrUnexpectedParen:
		text = "unmatched closing parenthesis"
	case syntax.ErrMissingBracket:
		text = "missing terminating ] for character class"
	case syntax.ErrMissingRepeatArgument:
		text = "quantifier does not follow a repeatable item"
	}
	return fmt.Sprintf("pcre2_compile() failed: %s in %q", text, fault.Expr)
}

func checkNestedVars(conf map[string]any) error {
	var sets []any
	for _, part := range []string{"abort", "delay"} {
		inner, _ := conf[part].(map[string]any)
		vars, _ := inner["vars"].([]any)
		sets = append(sets, vars...)
	}
	for _, rule := range objects(conf["rules"]) {
		for _, match := range objects(rule["match"]) {
			sets = append(sets, match["vars"])
		}
	}
	for _, set := range sets {
		list, _ := set.([]any)
		if _, err := parseVars(list); err != nil {
			return fmt.Errorf("failed to validate the 'vars' expression: %w", err)
		}
	}
	return nil
}
