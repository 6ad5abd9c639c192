package embedded

import (
	"fmt"
	"net/http"
)

// idlePlugins do no work here and let requests pass: what they do elsewhere keeps nobody out. Every plugin that is neither among
// them nor among the builders keeps requests out in a real gateway, or runs code that may. A request that would meet one is
// answered 501: what is protected elsewhere must not stand open in a trial.
var idlePlugins = map[string]bool{
	// logs, metrics, traces
	"clickhouse-logger": true, "datadog": true, "elasticsearch-logger": true, "file-logger": true, "google-cloud-logging": true,
	"http-logger": true, "inspect": true, "kafka-logger": true, "lago": true, "loggly": true, "loki-logger": true,
	"opentelemetry": true, "prometheus": true, "rocketmq-logger": true, "server-info": true,
	"skywalking-logger": true, "sls-logger": true, "splunk-hec-logging": true, "syslog": true, "tcp-logger": true,
	"tencent-cloud-cls": true, "udp-logger": true, "zipkin": true,
	// caches, compression, limits that count nothing here
	"ai-cache": true, "ai-rate-limiting": true, "api-breaker": true, "brotli": true, "client-control": true,
	"graphql-limit-count": true, "graphql-proxy-cache": true, "gzip": true, "limit-conn": true, "proxy-buffering": true,
	"proxy-cache": true, "proxy-control": true,
	// what changes or carries requests and answers
	"ai": true, "ai-prompt-decorator": true, "ai-prompt-template": true, "ai-proxy": true, "ai-proxy-multi": true, "ai-rag": true,
	"ai-request-rewrite": true, "attach-consumer-label": true, "aws-lambda": true, "azure-functions": true,
	"batch-requests": true, "body-transformer": true, "data-mask": true, "degraphql": true, "dubbo-proxy": true, "echo": true,
	"error-page": true, "example-plugin": true, "exit-transformer": true, "ext-plugin-post-req": true,
	"ext-plugin-post-resp": true, "grpc-transcode": true, "grpc-web": true, "http-dubbo": true, "kafka-proxy": true,
	"mcp-bridge": true, "openfunction": true, "openwhisk": true, "proxy-mirror": true, "public-api": true, "real-ip": true,
	"traffic-label": true,
}

func letNobodyThrough(name string) func(*exchange) *answer {
	message := fmt.Sprintf("the embedded gateway does not carry out %s, so it lets nobody through", name)
	return func(*exchange) *answer { return refused(http.StatusNotImplemented, message) }
}
