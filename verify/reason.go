package verify

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
)

// errTooLong says that an answer is longer than is read.
var errTooLong = errors.New("the answer is too long")

// unsent says why a request was never made. Its text holds no secret.
type unsent struct{ text string }

// Error returns the text.
func (e *unsent) Error() string { return e.text }

// reason says why there is no answer, in one line. Only errors that can't repeat what was sent or answered have their own text.
func reason(err error) string {
	var (
		name        *net.DNSError
		operation   *net.OpError
		certificate *tls.CertificateVerificationError
		authority   x509.UnknownAuthorityError
		record      tls.RecordHeaderError
		own         *unsent
	)
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return "no answer in time"
	case errors.Is(err, errTooLong):
		return errTooLong.Error()
	case errors.As(err, &own):
		return line(own.text)
	case errors.As(err, &name):
		return line(name.Error())
	case errors.As(err, &certificate):
		return line(certificate.Error())
	case errors.As(err, &authority):
		return line(authority.Error())
	case errors.As(err, &record):
		return "the answer is not TLS"
	case errors.As(err, &operation):
		return line(operation.Error())
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return "the connection was closed without a whole answer"
	}
	return "the answer can't be read as HTTP"
}
