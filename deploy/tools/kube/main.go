// Command kube reads Kubernetes objects in YAML from its standard input and holds them to the types of the Kubernetes API and of the
// Prometheus operator. A kind that it does not know, a field that is none and a value of another type are faults. It asks no cluster.
package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"

	monitoring "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer/json"
	"k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/client-go/kubernetes/scheme"
)

func main() {
	if err := check(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// check tells the kind of each object that it takes, and joins what is wrong with the others.
func check(objects io.Reader, told io.Writer) error {
	types := runtime.NewScheme()
	if err := errors.Join(scheme.AddToScheme(types), monitoring.AddToScheme(types)); err != nil {
		return err
	}
	strict := json.NewSerializerWithOptions(json.DefaultMetaFactory, types, types, json.SerializerOptions{Yaml: true, Strict: true})
	documents := yaml.NewYAMLReader(bufio.NewReader(objects))
	var faults []error
	for {
		document, err := documents.Read()
		if errors.Is(err, io.EOF) {
			return errors.Join(faults...)
		}
		if err != nil {
			return err
		}
		if _, kind, err := strict.Decode(document, nil, nil); err != nil {
			faults = append(faults, fmt.Errorf("%w in\n%s", err, document))
		} else {
			fmt.Fprintln(told, kind.GroupVersion(), kind.Kind)
		}
	}
}
