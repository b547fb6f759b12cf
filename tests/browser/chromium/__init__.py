# SPDX-License-Identifier: Apache-2.0
"""Chromium as a client: a private home, a certificate store, a policy, and eyes."""
