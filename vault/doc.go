// Package vault reads secrets from the KV engine, version 2, of HashiCorp Vault or OpenBao, over its HTTP API
// (https://developer.hashicorp.com/vault/api-docs/secret/kv/kv-v2).
//
// It logs in with a token from a file, or as a Kubernetes service account. What it has read it keeps for a while, so that a
// render that names one secret in a thousand places costs one request.
package vault
