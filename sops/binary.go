package sops

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"time"

	"github.com/sluice-gitops/sluice/strictyaml"
)

// Binary is the sops command, which can ask the key services that this package does not speak to: cloud KMS, Vault, PGP. The zero
// value runs the one on the PATH. It is safe for several goroutines.
type Binary struct {
	Path string
}

// commandTime bounds one run of the command: it may ask a service over the network.
const commandTime = 30 * time.Second

// mostOutput bounds what is read of the command, in bytes: a file of 1 MiB holds no more.
const mostOutput = 4 << 20

// bounded is a buffer that takes no more than so many bytes.
type bounded struct {
	buffer bytes.Buffer // not embedded: its ReadFrom would know no bound
	most   int
}

// Write refuses what goes beyond the bound, which ends the command.
func (b *bounded) Write(p []byte) (int, error) {
	if b.buffer.Len()+len(p) > b.most {
		return 0, errors.New("too much output")
	}
	return b.buffer.Write(p)
}

// Decrypt returns the document in clear, as Decrypt does. The command proves the MAC; its output is laid over root, so that every
// value has the place that it has in the encrypted file. The error shows what the command complains of, which holds no value.
func (b Binary) Decrypt(ctx context.Context, root *strictyaml.Node, data []byte) (*strictyaml.Node, error) {
	path := b.Path
	if path == "" {
		path = "sops"
	}
	ctx, cancel := context.WithTimeout(ctx, commandTime)
	defer cancel()
	cmd := exec.CommandContext(ctx, path, "decrypt", "--input-type", "yaml", "--output-type", "yaml", "/dev/stdin")
	out, complaint := bounded{most: mostOutput}, bounded{most: mostOutput}
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(data), &out, &complaint
	if err := cmd.Run(); err != nil {
		if errors.Is(err, exec.ErrNotFound) {
			return nil, fmt.Errorf("the sops command is not installed: %w", err)
		}
		return nil, fmt.Errorf("sops: %w: %s", err, firstLines(complaint.buffer.String()))
	}
	plain, faults := strictyaml.Parse("", out.buffer.Bytes())
	if plain == nil || faults.HasErrors() {
		return nil, errors.New("sops: its output can't be read")
	}
	return lay(plain, root, true)
}

func firstLines(text string) string {
	const most = 300
	text = strings.Join(strings.Fields(text), " ")
	return text[:min(most, len(text))]
}

var errOtherShape = errors.New("sops: its output has another shape than the file")

// lay gives the values of plain the places of the same values in sealed.
func lay(plain, sealed *strictyaml.Node, top bool) (*strictyaml.Node, error) {
	if plain == nil || sealed == nil || plain.Kind != sealed.Kind {
		return nil, errOtherShape
	}
	placed := *plain
	placed.Pos, placed.Fields, placed.Items = sealed.Pos, nil, nil
	for _, field := range plain.Fields {
		i := indexOf(sealed.Fields, field.Key)
		if i < 0 || top && field.Key == "sops" {
			return nil, errOtherShape
		}
		value, err := lay(field.Value, sealed.Fields[i].Value, false)
		if err != nil {
			return nil, err
		}
		placed.Fields = append(placed.Fields, strictyaml.Field{Key: field.Key, Pos: sealed.Fields[i].Pos, Value: value})
	}
	items := slices.DeleteFunc(slices.Clone(sealed.Items), isComment)
	if len(plain.Items) != len(items) {
		return nil, errOtherShape
	}
	for i, item := range plain.Items {
		value, err := lay(item, items[i], false)
		if err != nil {
			return nil, err
		}
		placed.Items = append(placed.Items, value)
	}
	if text, ok := sealed.Value.(string); ok && strings.HasPrefix(text, "ENC[") {
		placed.Sealed = name(text)
	}
	return &placed, nil
}

// isComment reports whether an item of an encrypted list stands for a comment.
func isComment(item *strictyaml.Node) bool {
	text, _ := item.Value.(string)
	return strings.HasPrefix(text, "ENC[") && strings.HasSuffix(text, ",type:comment]")
}

func indexOf(fields []strictyaml.Field, key string) int {
	for i, field := range fields {
		if field.Key == key {
			return i
		}
	}
	return -1
}
