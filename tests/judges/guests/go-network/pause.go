// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"

	"github.com/proxy-wasm/proxy-wasm-go-sdk/proxywasm"
	"github.com/proxy-wasm/proxy-wasm-go-sdk/proxywasm/types"
)

// pause holds what downstream sends until there is a whole line.
type pause struct{ types.DefaultTcpContext }

func (*pause) OnDownstreamData(size int, _ bool) types.Action {
	held, err := proxywasm.GetDownstreamData(0, size)
	if err != nil || !bytes.Contains(held, []byte("\n")) {
		return types.ActionPause // the proxy keeps what came so far
	}
	return types.ActionContinue
}
