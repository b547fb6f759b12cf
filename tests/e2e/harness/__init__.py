# SPDX-License-Identifier: Apache-2.0
"""What an end-to-end test needs: a private httpd, a PKI, clients, backends."""
