{{/* Whether the journal is in etcd. */}}
{{- define "sluice.etcd" -}}
{{- if dig "journal" "etcd" "endpoints" list (.Values.config | default dict) }}true{{ end }}
{{- end }}

{{- define "sluice.scheme" -}}
{{- if dig "tls" "certFile" "" (.Values.config | default dict) }}HTTPS{{ else }}HTTP{{ end }}
{{- end }}

{{/* The daemon's own file: what the values say, and what the chart knows. */}}
{{- define "sluice.config" -}}
{{- $config := deepCopy (.Values.config | default dict) }}
{{- if not (and $config.repository $config.gatewayGroups) }}
{{- fail "\n\nconfig is not whole: it needs config.repository and config.gatewayGroups (docs/config.md)" }}
{{- end }}
{{- if hasKey $config "listen" }}
{{- fail "\n\nconfig.listen is the chart's own: leave it out" }}
{{- end }}
{{- if not $config.access }}
{{- fail "\n\nconfig.access is missing: the page and the API can be reached in the cluster, so say who may (docs/config.md), or `access: {open: true}`" }}
{{- end }}
{{- if and (gt (int .Values.replicas) 1) (not (include "sluice.etcd" .)) }}
{{- fail "\n\nseveral replicas share a journal in etcd: set config.journal.etcd.endpoints, or replicas to 1" }}
{{- end }}
{{- $_ := set $config "listen" "0.0.0.0:8080" }}
{{- if not (include "sluice.etcd" .) }}
{{- $_ := set $config "journal" (mergeOverwrite (dict "path" "/var/lib/sluice/journal.db") ($config.journal | default dict)) }}
{{- end }}
{{- $_ := set $config "repository" (mergeOverwrite (dict "mirror" "/var/lib/sluice/mirror.git") $config.repository) }}
{{- toYaml $config }}
{{- end }}
