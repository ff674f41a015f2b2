// SPDX-License-Identifier: Apache-2.0

package main

import (
	"github.com/proxy-wasm/proxy-wasm-go-sdk/proxywasm"
	"github.com/proxy-wasm/proxy-wasm-go-sdk/proxywasm/types"
)

// callout holds what downstream sends until another service has let it in.
type callout struct {
	types.DefaultTcpContext
	allowed bool
}

func (c *callout) OnNewConnection() types.Action {
	question := [][2]string{{":method", "GET"}, {":path", "/check"}, {":authority", "authz"}}
	_, err := proxywasm.DispatchHttpCall("authz", question, nil, nil, 1000, c.answered)
	if err != nil {
		check(proxywasm.CloseDownstream())
	}
	return types.ActionContinue
}

func (c *callout) OnDownstreamData(int, bool) types.Action {
	if c.allowed {
		return types.ActionContinue
	}
	return types.ActionPause
}

// answered is called with the connection in effect; not at all when that is gone before.
func (c *callout) answered(headers, _, _ int) {
	c.allowed = headers > 0 && status() == "200"
	if c.allowed {
		check(proxywasm.ContinueTcpStream())
	} else {
		check(proxywasm.CloseDownstream())
	}
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
