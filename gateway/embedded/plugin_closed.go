package embedded

import (
	"fmt"
	"net/http"
)

// closedPlugins keep requests out in a real gateway and do no work here. A request that would meet one is answered 501: what is
// protected elsewhere must not stand open in a trial.
var closedPlugins = []string{
	"acl", "authz-casbin", "authz-casdoor", "authz-keycloak", "cas-auth", "chaitin-waf", "csrf", "dingtalk-auth", "feishu-auth",
	"forward-auth", "hmac-auth", "jwe-decrypt", "jwt-auth", "ldap-auth", "ldap-auth-advanced", "multi-auth", "opa",
	"openid-connect", "referer-restriction", "saml-auth", "ua-restriction", "uri-blocker", "wolf-rbac",
}

func letNobodyThrough(name string) func(*exchange) *answer {
	message := fmt.Sprintf("the embedded gateway does not carry out %s, so it lets nobody through", name)
	return func(*exchange) *answer { return refused(http.StatusNotImplemented, message) }
}
