package policy

import (
	"errors"
	"reflect"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
)

// masked is what every secret shows as.
const masked = "***"

// secret is all that an expression sees of a secret. The value itself never comes here, so no expression can print it, compare it
// or measure it.
type secret struct {
	reference string // what the config repo holds in its place; "" when the value itself stands there
}

var (
	secretType    = cel.OpaqueType("secret")
	errSecretView = errors.New("a secret can't be looked at")
)

// ConvertToNative refuses: there is nothing to convert.
func (s secret) ConvertToNative(reflect.Type) (any, error) { return nil, errSecretView }

// ConvertToType tells the type, and refuses every other wish.
func (s secret) ConvertToType(to ref.Type) ref.Val {
	if to == types.TypeType {
		return secretType
	}
	return types.WrapErr(errSecretView)
}

// Equal returns false: a secret is equal to nothing, itself included.
func (s secret) Equal(ref.Val) ref.Val { return types.False }

// Type returns the type of secrets.
func (s secret) Type() ref.Type { return secretType }

// Value returns the secret itself, which is no text: the library takes texts out of values to match them.
func (s secret) Value() any { return s }

// String returns ***.
func (s secret) String() string { return masked }
