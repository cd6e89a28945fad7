// SPDX-License-Identifier: GPL-2.0-only

package uapi_test

import (
	"errors"
	"fmt"

	"github.com/nssim/nssim/syscall/uapi"
)

func Example() {
	flags, _ := uapi.ParseFlags("CLONE_NEWUSER|CLONE_NEWNET")
	fmt.Printf("%#x\n", flags)
	for _, t := range uapi.NSType(flags).Types() {
		fmt.Println(t, t.CName(), t.InitID(), t.LinkName(t.InitInum()))
	}
	// Output:
	// 0x50000000
	// user USER_NS 3 user:[4026531837]
	// net NET_NS 7 net:[4026531833]
}

func ExampleErrno() {
	err := fmt.Errorf("listns: %w", uapi.ENOENT)
	fmt.Println(err)
	fmt.Println(errors.Is(err, uapi.ENOENT))
	// Output:
	// listns: ENOENT (No such file or directory)
	// true
}

func ExampleFormatFlags() {
	fmt.Println(uapi.FormatFlags(uapi.GroupClone, uapi.CLONE_NEWPID|uapi.CLONE_VFORK|uapi.SIGCHLD))
	fmt.Println(uapi.FormatFlags(uapi.GroupUnshare, 0))
	fmt.Println(uapi.FormatFlags(uapi.GroupUnshare, uapi.CLONE_NEWUTS|1))
	// Output:
	// CLONE_VFORK|CLONE_NEWPID|SIGCHLD
	// 0
	// CLONE_NEWUTS|0x1
}

func ExampleIoctl() {
	fmt.Println(uapi.Ioctl(0x8008b70d))
	fmt.Println(uapi.IOR(uapi.NSIO, 10, 32))
	// Output:
	// NS_GET_ID
	// _IOC(_IOC_READ, 0xb7, 0xa, 0x20)
}

func ExampleNSIDReq() {
	req := uapi.NSIDReq{Size: uapi.NS_ID_REQ_SIZE_VER0, NSType: uapi.NET_NS | uapi.MNT_NS, UserNSID: uapi.LISTNS_CURRENT_USER}
	fmt.Printf("% x\n", req.Encode())
	_, err := uapi.DecodeNSIDReq(req.Encode()[:31])
	fmt.Println(err)
	// Output:
	// 20 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 02 40 00 00 00 00 ff ff ff ff ff ff ff ff
	// EINVAL (Invalid argument)
}
