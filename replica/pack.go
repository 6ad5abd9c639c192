package replica

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"strconv"
	"strings"
)

// mostPacked is how much of a packed task or answer one key holds: less than a request to etcd may have (1.5 MiB).
const mostPacked = 1_400_000

// mostParts bounds the keys of one answer, so that no answer fills etcd.
const mostParts = 32

// fewBytes is up to where a text is not worth packing.
const fewBytes = 16 << 10

// What stands before a text says how it is packed.
const (
	plain   = "="
	gzipped = "z"
)

func pack(text []byte) string {
	if len(text) <= fewBytes {
		return plain + string(text)
	}
	var packed bytes.Buffer
	packed.WriteString(gzipped)
	writer := gzip.NewWriter(&packed)
	_, _ = writer.Write(text) // a buffer takes all
	_ = writer.Close()
	return packed.String()
}

// cut returns the parts that one key each has room for; none where there would be too many.
func cut(packed string) []string {
	if len(packed) > mostParts*mostPacked {
		return nil
	}
	var parts []string
	for len(packed) > mostPacked {
		parts, packed = append(parts, packed[:mostPacked]), packed[mostPacked:]
	}
	return append(parts, packed)
}

// join packs a task behind a number.
func join(number int64, text []byte) string {
	return strconv.FormatInt(number, 10) + "\n" + pack(text)
}

var errNoTask = errors.New("a key in etcd holds none of our tasks")

// split takes apart what join has packed.
func split(value string) (number int64, text []byte, err error) {
	digits, packed, found := strings.Cut(value, "\n")
	if !found {
		return 0, nil, errNoTask
	}
	if number, err = strconv.ParseInt(digits, 10, 64); err != nil {
		return 0, nil, err
	}
	text, err = unpack(packed)
	return number, text, err
}

func unpack(packed string) ([]byte, error) {
	if text, ok := strings.CutPrefix(packed, plain); ok {
		return []byte(text), nil
	}
	packed, ok := strings.CutPrefix(packed, gzipped)
	if !ok {
		return nil, errNoTask
	}
	reader, err := gzip.NewReader(strings.NewReader(packed))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(reader)
}
