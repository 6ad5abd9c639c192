package policy

import (
	"fmt"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/ext"
)

// names are the variables and functions of policies, for hints.
var names = []string{
	"resource", "kind", "id", "environment", "group", "state",
	"plugins", "service", "upstream", "hosts", "uris", "labels", "key", "isSecret", "reference",
	"has", "size", "string", "int", "matches", "startsWith", "endsWith", "contains", "exists", "all", "filter", "map",
}

// language returns CEL with the variables and functions of policies.
func language() *cel.Env {
	body := cel.MapType(cel.StringType, cel.DynType)
	options := []cel.EnvOption{
		cel.CustomTypeAdapter(adapter{}), cel.ParserExpressionSizeLimit(maxRunes), cel.OptionalTypes(), ext.Strings(), ext.Sets(), ext.Bindings(), ext.TwoVarComprehensions(), ext.Network(),
		cel.ASTValidators(cel.ValidateRegexLiterals(), cel.ValidateDurationLiterals(), cel.ValidateTimestampLiterals(),
			cel.ValidateComprehensionNestingLimit(4)),
		cel.Variable("resource", body), cel.Variable("state", cel.MapType(cel.StringType, cel.MapType(cel.StringType, body))),
	}
	for _, name := range []string{"kind", "id", "environment", "group"} {
		options = append(options, cel.Variable(name, cel.StringType))
	}
	options = append(options,
		ofResource("plugins", body, func(r *resource) ref.Val { return r.effective() }),
		ofResource("service", body, func(r *resource) ref.Val { return r.service() }),
		ofResource("upstream", body, func(r *resource) ref.Val { return r.upstream() }),
		ofResource("hosts", cel.ListType(cel.StringType), func(r *resource) ref.Val { return types.NewStringList(adapter{}, r.hosts()) }),
		ofResource("uris", cel.ListType(cel.StringType), func(r *resource) ref.Val { return types.NewStringList(adapter{}, r.uris()) }),
		ofResource("labels", body, func(r *resource) ref.Val { return newObject(r.Labels()) }),
		ofResource("key", cel.StringType, func(r *resource) ref.Val { return types.String(r.Key.String()) }),
		ofAny("isSecret", cel.BoolType, isSecret), ofAny("reference", cel.StringType, reference))
	env, err := cel.NewEnv(options...)
	if err != nil {
		panic(fmt.Sprintf("policy: %v", err)) // the options are the same every time
	}
	return env
}

// ofResource declares a function that takes the body of a resource.
func ofResource(name string, result *cel.Type, of func(*resource) ref.Val) cel.EnvOption {
	body := cel.MapType(cel.StringType, cel.DynType)
	return cel.Function(name, cel.Overload(name+"_resource", []*cel.Type{body}, result, cel.UnaryBinding(func(v ref.Val) ref.Val {
		if o, ok := v.(*object); ok && o.resource != nil {
			return of(o.resource)
		}
		return types.NewErr("%s() takes a whole resource", name)
	})))
}

func ofAny(name string, result *cel.Type, of func(ref.Val) ref.Val) cel.EnvOption {
	return cel.Function(name, cel.Overload(name+"_any", []*cel.Type{cel.DynType}, result, cel.UnaryBinding(of)))
}

func isSecret(v ref.Val) ref.Val {
	_, ok := v.(secret)
	return types.Bool(ok)
}

// reference returns what the config repo holds in the place of a secret, "" for a secret in clear.
func reference(v ref.Val) ref.Val {
	s, ok := v.(secret)
	if !ok {
		return types.NewErr("reference() takes a secret: ask isSecret() first")
	}
	return types.String(s.reference)
}
