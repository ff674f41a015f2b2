// SPDX-License-Identifier: Apache-2.0

package main

import (
	"github.com/proxy-wasm/proxy-wasm-go-sdk/proxywasm"
	"github.com/proxy-wasm/proxy-wasm-go-sdk/proxywasm/types"
)

// data changes what passes, in both directions.
type data struct{ types.DefaultTcpContext }

func (*data) OnDownstreamData(size int, _ bool) types.Action {
	all, err := proxywasm.GetDownstreamData(0, size)
	if err != nil {
		all = nil // it is empty
	}
	check(proxywasm.ReplaceDownstreamData([]byte("<" + string(all) + ">")))
	return types.ActionContinue
}

func (*data) OnUpstreamData(int, bool) types.Action {
	check(proxywasm.AppendUpstreamData([]byte("!")))
	return types.ActionContinue
}
