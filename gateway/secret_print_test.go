package gateway_test

import (
	"bytes"
	"encoding/gob"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"os"
	"os/exec"
	"strings"
	"testing"
	"text/template"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"gopkg.in/yaml.v3"

	"github.com/sluice-gitops/sluice/gateway"
)

// shapes are values that hold a secret in every way that Go has.
func shapes(secret gateway.Secret) map[string]any {
	type inside struct {
		holder
		Secret  gateway.Secret
		Pointer *gateway.Secret
		Any     any
		list    []gateway.Secret
		byName  map[string]gateway.Secret
	}
	whole := inside{holder{"x", secret}, secret, &secret, secret, []gateway.Secret{secret}, map[string]gateway.Secret{"a": secret}}
	spec := map[string]any{"plugins": map[string]any{"key-auth": map[string]any{"key": secret, "keys": []any{secret, &secret}}}}
	key := gateway.Key{Kind: gateway.Credentials, ID: "a/b"}
	resource := gateway.Resource{Key: key, Spec: spec}
	return map[string]any{
		"a secret": secret, "a pointer": &secret, "a field": whole, "a pointer to a struct": &whole, "a list": []any{whole, secret},
		"an array": [1]gateway.Secret{secret}, "a key": map[gateway.Secret]string{secret: "x"}, "a body": spec,
		"a resource": resource, "a state": gateway.State{key: resource}, "an error": fmt.Errorf("put: %v", secret),
		"a wrapped error": errors.Join(fmt.Errorf("put %+v", whole), fmt.Errorf("%#v", spec)),
	}
}

// TestNoVerbPrintsASecret tries every verb of fmt with every flag, and ways of writing values that go by reflection.
func TestNoVerbPrintsASecret(t *testing.T) {
	for name, v := range shapes(gateway.NewSecret("", canary)) {
		for verb := 'A'; verb <= 'z'; verb++ {
			for _, flags := range []string{"", "+", "#", "-", " ", "0", "#+", "40", ".3", "+40.20", "[1]"} {
				unshown(t, name+" by %"+flags+string(verb), fmt.Sprintf("%"+flags+string(verb), v))
			}
		}
		unshown(t, name+" by Sprintln", fmt.Sprintln(v, "beside", v))
		unshown(t, name+" by fmt.Append", string(fmt.Append(nil, v)))
		for how, marshal := range map[string]func(any) ([]byte, error){
			"JSON": json.Marshal, "YAML": yaml.Marshal, "XML": xml.Marshal, "gob": asGob, "a template": asTemplate, "log": asLog, "slog": asSlog, "zap": asZap,
		} {
			unshown(t, name+" by "+how, attempt(marshal, v))
		}
	}
}

func unshown(t *testing.T, how, text string) {
	t.Helper()
	for _, form := range []string{canary, fmt.Sprintf("%x", canary), fmt.Sprintf("%X", canary), fmt.Sprintf("% x", canary), fmt.Sprint([]byte(canary))} {
		if strings.Contains(text, form) {
			t.Errorf("%s: the secret shows in %.300q", how, text)
		}
	}
}

// attempt returns what was written, or what was said against it: a panic as well.
func attempt(marshal func(any) ([]byte, error), v any) (text string) {
	defer func() {
		if r := recover(); r != nil {
			text = fmt.Sprintf("%v %+v %#v", r, r, r)
		}
	}()
	data, err := marshal(v)
	return fmt.Sprintf("%s %v %#v", data, err, err)
}

func asGob(v any) ([]byte, error) {
	var b bytes.Buffer
	err := gob.NewEncoder(&b).Encode(v)
	return b.Bytes(), err
}

func asTemplate(v any) ([]byte, error) {
	var b bytes.Buffer
	err := template.Must(template.New("x").Parse(`{{.}} {{printf "%q" .}} {{html .}} {{js .}} {{urlquery .}}`)).Execute(&b, v)
	return b.Bytes(), err
}

func asLog(v any) ([]byte, error) {
	var b bytes.Buffer
	log.New(&b, "", 0).Printf("%v %+v", v, v)
	return b.Bytes(), nil
}

func asSlog(v any) ([]byte, error) {
	var b bytes.Buffer
	slog.New(slog.NewJSONHandler(&b, nil)).Info("x", "value", v)
	slog.New(slog.NewTextHandler(&b, nil)).Info("x", "value", v)
	return b.Bytes(), nil
}

func asZap(v any) ([]byte, error) {
	var b bytes.Buffer
	for _, encoder := range []zapcore.Encoder{zapcore.NewJSONEncoder(zap.NewProductionEncoderConfig()), zapcore.NewConsoleEncoder(zap.NewDevelopmentEncoderConfig())} {
		logger := zap.New(zapcore.NewCore(encoder, zapcore.AddSync(&b), zap.DebugLevel))
		logger.Debug("x", zap.Any("value", v), zap.Reflect("reflected", v))
		logger.Sugar().Debugw("x", "value", v)
	}
	return b.Bytes(), nil
}

// TestACrashPrintsNoSecret lets a program die of each value, and of an error that holds it, and reads what the run-time system prints.
func TestACrashPrintsNoSecret(t *testing.T) {
	if name := os.Getenv("SLUICE_TEST_CRASH"); name != "" {
		panic(shapes(gateway.NewSecret("", canary))[name])
	}
	for name := range shapes(gateway.NewSecret("", canary)) {
		command := exec.Command(os.Args[0], "-test.run=^TestACrashPrintsNoSecret$")
		command.Env = append(os.Environ(), "SLUICE_TEST_CRASH="+name, "GOTRACEBACK=all")
		output, err := command.CombinedOutput()
		if err == nil || !strings.Contains(string(output), "panic: ") {
			t.Fatalf("%s: no crash: %v %s", name, err, output)
		}
		unshown(t, name, string(output))
	}
}
