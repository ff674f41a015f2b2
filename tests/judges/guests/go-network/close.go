// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"

	"github.com/proxy-wasm/proxy-wasm-go-sdk/proxywasm"
	"github.com/proxy-wasm/proxy-wasm-go-sdk/proxywasm/types"
)

// closing ends a connection as soon as a side says so.
type closing struct{ types.DefaultTcpContext }

func (*closing) OnDownstreamData(size int, _ bool) types.Action {
	if data, err := proxywasm.GetDownstreamData(0, size); err == nil && quits(data) {
		check(proxywasm.CloseDownstream())
	}
	return types.ActionContinue
}

func (*closing) OnUpstreamData(size int, _ bool) types.Action {
	if data, err := proxywasm.GetUpstreamData(0, size); err == nil && quits(data) {
		check(proxywasm.CloseUpstream())
	}
	return types.ActionContinue
}

func quits(data []byte) bool { return bytes.Contains(data, []byte("quit")) }
