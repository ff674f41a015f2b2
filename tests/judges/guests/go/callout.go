// SPDX-License-Identifier: Apache-2.0

package main

import (
	"github.com/proxy-wasm/proxy-wasm-go-sdk/proxywasm"
	"github.com/proxy-wasm/proxy-wasm-go-sdk/proxywasm/types"
)

// callout holds a request until another service has said what becomes of it.
type callout struct{ types.DefaultHttpContext }

func (*callout) OnHttpRequestHeaders(int, bool) types.Action {
	question := [][2]string{{":method", "GET"}, {":path", "/check"}, {":authority", "authz"}}
	if user, err := proxywasm.GetHttpRequestHeader("x-user"); err == nil {
		question = append(question, [2]string{"x-user", user})
	}
	if _, err := proxywasm.DispatchHttpCall("authz", question, nil, nil, 1000, answered); err != nil {
		check(proxywasm.SendHttpResponse(503, nil, []byte("no cluster"), -1)) // -1: no gRPC status
	}
	return types.ActionPause
}

// answered is called with the stream in effect; not at all when the client is gone before.
func answered(headers, size, trailers int) {
	if headers == 0 { // the answer was cut
		check(proxywasm.SendHttpResponse(504, nil, []byte("no authz"), -1))
		return
	}
	body, err := proxywasm.GetHttpCallResponseBody(0, size)
	if err != nil {
		body = nil // it is empty
	}
	if status() != "200" {
		check(proxywasm.SendHttpResponse(403, nil, body, -1))
		return
	}
	proxywasm.LogInfof("authz 200 %d", trailers)
	check(proxywasm.AddHttpRequestHeader("x-authz", string(body)))
	check(proxywasm.ResumeHttpRequest())
}

func status() string {
	pairs, err := proxywasm.GetHttpCallResponseHeaders()
	check(err)
	for _, pair := range pairs {
		if pair[0] == ":status" {
			return pair[1]
		}
	}
	return ""
}
