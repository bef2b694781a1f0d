"""The report's kernel: what it says on its way down is not the user's concern; what fails in it comes back as an error."""

import subprocess
from typing import Any

from jupyter_client.manager import AsyncKernelManager


class QuietKernelManager(AsyncKernelManager):
    """Starts kernels whose log goes nowhere: a kernel that ends may complain about sockets already closed."""

    async def start_kernel(self, **options: Any) -> None:  # pyright: ignore[reportIncompatibleVariableOverride]
        """Start the kernel as usual, its standard error discarded."""
        await self._async_start_kernel(**{**options, "stderr": subprocess.DEVNULL})
